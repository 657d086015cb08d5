import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the table of received Security Event Tokens (docs/adr/0111). It stores the SHA-256 of each `jti`, which a
 * transmitter chooses, until the token is too old to be accepted.
 */
export class ReceivedSignals1766191260000 implements MigrationInterface {
  name = 'ReceivedSignals1766191260000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE flow.received_signals (
      transmitter text NOT NULL,
      jti_hash bytea NOT NULL,
      expires_at timestamptz NOT NULL,
      PRIMARY KEY (transmitter, jti_hash)
    )`);
    await runner.query('CREATE INDEX received_signals_expired ON flow.received_signals (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flow.received_signals');
  }
}
