import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Creates the table of the sites behind forward auth, one document each. `origin`: scheme, host and port. */
export class ProxyApplications1765065660000 implements MigrationInterface {
  readonly name = 'ProxyApplications1765065660000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE flow.proxy_applications (
      application uuid PRIMARY KEY, origin text NOT NULL UNIQUE, slug text NOT NULL UNIQUE, document jsonb NOT NULL)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flow.proxy_applications');
  }
}
