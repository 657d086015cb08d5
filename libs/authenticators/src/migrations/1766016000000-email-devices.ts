import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Returns the statement that sets the allowed kinds of devices. `NOT VALID` skips the scan of the table. The stored
 * rows have kinds that were allowed when they were written.
 */
const allowKinds = (kinds: readonly string[]) => `
ALTER TABLE mfa.devices DROP CONSTRAINT devices_kind_check,
  ADD CONSTRAINT devices_kind_check CHECK (kind IN (${kinds.map((kind) => `'${kind}'`).join(', ')})) NOT VALID`;

const KINDS_BEFORE = ['duo', 'sms', 'static', 'totp', 'webauthn'];

/** Allows devices of the kind `email`: addresses that get codes. */
export class EmailDevices1766016000000 implements MigrationInterface {
  name = 'EmailDevices1766016000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(allowKinds([...KINDS_BEFORE, 'email']));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(allowKinds(KINDS_BEFORE));
  }
}
