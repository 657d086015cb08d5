import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { type AppPassword, CredentialStore, type StoredPassword } from './credential-store.js';
import { tokenHash } from './token-hash.js';
import { toStoredUsername } from './username.js';

/**
 * Returns a user's password hash, and a stand-in hash that is checked if the user does not exist or has no hash
 * (docs/adr/0042). $1 id of the user, $2 the name that was typed. The stand-in is the first hash in `password_ring` at
 * or after the position of the name, which is a keyed hash of the name. The statement reads it for users with a hash
 * too, so that both cases take the same time.
 */
const FIND_PASSWORD = {
  name: 'credentials.find_password',
  text: `SELECT u.is_active, u.password_hash, coalesce(
      (SELECT r.password_hash FROM directory.password_ring r WHERE r.position >= k.position ORDER BY r.position LIMIT 1),
      (SELECT r.password_hash FROM directory.password_ring r ORDER BY r.position LIMIT 1)) AS stand_in
    FROM (SELECT substr(sha256(key || convert_to(lower($2), 'UTF8')), 1, 8) AS position
          FROM directory.password_ring_key) k
    LEFT JOIN directory.users u ON u.id = $1`,
};
/** Returns the hashes of a user, newest first. $1 id of the user, $2 largest number. */
const PASSWORD_HISTORY = {
  name: 'credentials.password_history',
  text: `SELECT h.password_hash AS hash FROM (
      SELECT password_hash, NULL::bigint AS id FROM directory.users WHERE id = $1 AND directory.is_usable_hash(password_hash)
      UNION ALL SELECT password_hash, id FROM directory.old_passwords WHERE user_id = $1) h
    ORDER BY h.id DESC NULLS FIRST LIMIT $2`,
};
const REPLACE_HASH = {
  name: 'credentials.replace_hash',
  text: 'SELECT directory.replace_hash($1, $2, $3)',
};
const FIND_APP_PASSWORD = {
  name: 'credentials.find_app_password',
  text: `SELECT t.id AS uuid, t.identifier
    FROM directory.tokens t JOIN directory.users u ON u.id = t.user_id
    WHERE t.key_hash = $2 AND u.id = $1 AND u.is_active AND t.intent = 'app_password'
      AND (NOT t.expiring OR t.expires > now())`,
};

interface PasswordRow {
  readonly is_active: boolean | null;
  readonly password_hash: string | null;
  /** Null while no user has a usable hash. */
  readonly stand_in: string | null;
}

/** Reads and upgrades credentials in `directory.users` and `directory.tokens`. */
export class TypeormCredentialStore extends CredentialStore {
  constructor(private readonly source: DataSource) {
    super();
  }

  async findPassword(userId: string, username: string): Promise<StoredPassword> {
    // The name selects the stand-in hash. In its stored form, all spellings that find the same user select the same
    // stand-in, just as they find the same hash of an existing user.
    const values = [userId, toStoredUsername(username)];
    const { rows } = await runNamed<PasswordRow>(this.source, FIND_PASSWORD, values);
    const { is_active = null, password_hash = null, stand_in = null } = rows[0] ?? {};
    // The first stand-in of an inactive user is that user's hash, so that disabling a user changes no response time.
    const standIns = [is_active ? null : password_hash, stand_in].filter((hash) => hash !== null);
    return { hash: is_active ? (password_hash ?? undefined) : undefined, standIns };
  }

  async findPasswordHistory(userId: string, count: number): Promise<string[]> {
    const { rows } = await runNamed<{ hash: string }>(this.source, PASSWORD_HISTORY, [userId, count]);
    return rows.map(({ hash }) => hash);
  }

  async upgradeHash(userId: string, outdated: string, upgraded: string): Promise<void> {
    await runNamed(this.source, REPLACE_HASH, [userId, outdated, upgraded]);
  }

  async findAppPassword(userId: string, key: string): Promise<AppPassword | undefined> {
    const { rows } = await runNamed<AppPassword>(this.source, FIND_APP_PASSWORD, [userId, tokenHash(key)]);
    return rows[0];
  }
}
