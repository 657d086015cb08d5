import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { type AppPassword, CredentialStore } from './credential-store.js';
import { tokenHash } from './token-hash.js';

const FIND_HASH = {
  name: 'credentials.find_hash',
  text: 'SELECT password_hash FROM directory.users WHERE id = $1 AND is_active',
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

/** Reads and upgrades credentials in `directory.users` and `directory.tokens`. */
export class TypeormCredentialStore extends CredentialStore {
  constructor(private readonly source: DataSource) {
    super();
  }

  async findHash(userId: string): Promise<string | undefined> {
    const { rows } = await runNamed<{ password_hash: string }>(this.source, FIND_HASH, [userId]);
    return rows[0]?.password_hash;
  }

  async upgradeHash(userId: string, outdated: string, upgraded: string): Promise<void> {
    await runNamed(this.source, REPLACE_HASH, [userId, outdated, upgraded]);
  }

  async findAppPassword(userId: string, key: string): Promise<AppPassword | undefined> {
    const { rows } = await runNamed<AppPassword>(this.source, FIND_APP_PASSWORD, [userId, tokenHash(key)]);
    return rows[0];
  }
}
