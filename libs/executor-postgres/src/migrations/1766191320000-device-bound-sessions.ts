import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Adds the public key (JWK) of the device that a session is bound to, and the number of proofs of that key that were
 * accepted. The number makes challenges single-use (docs/spec/device-bound-sessions.md#challenges).
 */
export class DeviceBoundSessions1766191320000 implements MigrationInterface {
  name = 'DeviceBoundSessions1766191320000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE flow.sessions ADD COLUMN device_key jsonb, ADD COLUMN device_proofs int NOT NULL DEFAULT 0',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE flow.sessions DROP COLUMN device_key, DROP COLUMN device_proofs');
  }
}
