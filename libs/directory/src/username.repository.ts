import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import type { PreparedUsername } from './username.js';

/**
 * Whether another user has a username or its key. $1 username, $2 key, $3 id of the user who may have them, or null.
 */
const IS_TAKEN = {
  name: 'usernames.is_taken',
  text: `SELECT EXISTS (SELECT FROM directory.users WHERE id IS DISTINCT FROM $3
    AND (username_key = $2 OR lower(username) = lower($1) OR lower(email) = lower($1))) AS taken`,
};

/** Reads which usernames are taken. */
export class UsernameRepository {
  constructor(private readonly source: DataSource) {}

  /**
   * Returns whether another user than `userId` has a username with this key, or has the name as username or email
   * address.
   */
  async isTaken({ name, key }: PreparedUsername, userId: string | undefined): Promise<boolean> {
    const { rows } = await runNamed<{ taken: boolean }>(this.source, IS_TAKEN, [name, key, userId ?? null]);
    return rows[0]!.taken;
  }
}
