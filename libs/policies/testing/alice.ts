import type { DataSource } from 'typeorm';
import { ALICE } from './index.js';

/** A group that has Alice as a member. Its parent is HOUSEHOLD. */
export const STAFF = '5f0c8a52-6b5e-4a0e-8c56-0d1c2b3a4f01';
/** A group that makes its members superusers. */
export const HOUSEHOLD = '5f0c8a52-6b5e-4a0e-8c56-0d1c2b3a4f02';

/** Inserts the user ALICE with attributes, a device, and the two groups. */
export async function insertAlice(source: DataSource): Promise<void> {
  await source.query(
    `INSERT INTO mfa.devices (id, user_id, kind, name) VALUES (gen_random_uuid(), '${ALICE.uuid}', 'totp', 'App')`,
  );
  await source.query(
    `INSERT INTO directory.users (id, username, name, email, password_hash, attributes)
     VALUES ('${ALICE.uuid}', 'alice', 'Alice', 'alice@example.org', '$argon2id$hash', '{"shoe": {"size": 38}, "doors": ["own"]}')`,
  );
  await source.query(`INSERT INTO directory.groups (id, name, is_superuser) VALUES ('${HOUSEHOLD}', 'house', true)`);
  await source.query(
    `INSERT INTO directory.groups (id, parent_id, name, attributes) VALUES ('${STAFF}', '${HOUSEHOLD}', 'staff', '{"shoe": {"size": 1, "colour": "red"}, "doors": ["back"]}')`,
  );
  await source.query(`INSERT INTO directory.user_groups SELECT id, '${STAFF}' FROM directory.users`);
}
