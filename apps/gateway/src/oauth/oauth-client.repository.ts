import { type OauthClient, oauthClient } from '@gatehouse/plan';
import { runNamed, Sealer, SecretBox } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

const FIND = { name: 'oauth_client_find', text: 'SELECT document FROM flow.oauth_clients WHERE client_id = $1' };
const FIND_BY_APPLICATION = {
  name: 'oauth_client_of',
  text: 'SELECT document FROM flow.oauth_clients WHERE application = $1',
};

/**
 * OAuth clients that blueprints describe. They are not cached, so that the removal of a client takes effect at once.
 */
@Injectable()
export class OauthClientRepository {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(Sealer) private readonly sealer: Sealer,
  ) {}

  /** Returns a client with its decrypted secret. */
  find(clientId: string): Promise<OauthClient | undefined> {
    return this.read(FIND, clientId);
  }

  findByApplication(applicationSlug: string): Promise<OauthClient | undefined> {
    return this.read(FIND_BY_APPLICATION, applicationSlug);
  }

  private async read(statement: typeof FIND, key: string): Promise<OauthClient | undefined> {
    // Postgres refuses text with NUL, so no client id contains NUL.
    if (key.includes('\0')) return undefined;
    const { rows } = await runNamed<{ document: unknown }>(this.source, statement, [key]);
    // Returns no client if a later version of Gatehouse wrote the document.
    const client = oauthClient.safeParse(rows[0]?.document).data;
    if (!client) return undefined;
    const { id: object, client_secret: sealed } = client;
    return { ...client, client_secret: new SecretBox(this.sealer).open({ object, field: 'client_secret' }, sealed) };
  }
}
