import { createIndexConcurrently } from '@gatehouse/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const WAITING = {
  name: 'consent.authorization_requests_waiting',
  on: 'consent.authorization_requests (client_id, expires) WHERE code_hash IS NULL',
};

/** Creates the index by which the requests of a client that wait for their users are counted. */
export class WaitingAuthorizationRequests1765411380000 implements MigrationInterface {
  name = 'WaitingAuthorizationRequests1765411380000';

  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await createIndexConcurrently(runner, WAITING);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ${WAITING.name}`);
  }
}
