import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Creates the table of OAuth clients, one document each. */
export class OauthClients1764404460000 implements MigrationInterface {
  readonly name = 'OauthClients1764404460000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE flow.oauth_clients (
      client_id text PRIMARY KEY, application text NOT NULL UNIQUE, document jsonb NOT NULL)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flow.oauth_clients');
  }
}
