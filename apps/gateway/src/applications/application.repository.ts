import { runNamed } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Finds an application with a provider. $1 slug. */
const EXISTS = {
  name: 'application_exists',
  text: `SELECT FROM flow.oauth_clients WHERE application = $1
    UNION ALL SELECT FROM flow.proxy_applications WHERE slug = $1`,
};

/** Finds applications that blueprints have stored. */
@Injectable()
export class ApplicationRepository {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  /** Returns whether an application has this slug and a provider. */
  async exists(slug: string): Promise<boolean> {
    // Postgres refuses text with NUL, so no slug contains NUL.
    if (slug.includes('\0')) return false;
    return (await runNamed(this.source, EXISTS, [slug])).rows.length > 0;
  }
}
