import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds the number of wrong codes in a row of a device, and the time of the last of them. */
export class DeviceTries1766016060000 implements MigrationInterface {
  name = 'DeviceTries1766016060000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE mfa.devices ADD COLUMN failures integer NOT NULL DEFAULT 0, ADD COLUMN failed_at timestamptz',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE mfa.devices DROP COLUMN failures, DROP COLUMN failed_at');
  }
}
