import type { EntityManager } from 'typeorm';
import { prepareUsername } from './username.js';

/** Number of users that one statement reads. */
const BATCH = 1000;

/**
 * Selects users whose username is not pure ASCII. For every other user, `username_key` is the username in lower case.
 * $1 pk of the last user in the previous batch.
 */
const NOT_ASCII = `
SELECT id, pk, username FROM directory.users
WHERE pk > $1 AND username ~ '[^ -~]' ORDER BY pk LIMIT ${BATCH}`;

/**
 * Sets the keys in a list of users, except keys that another user already has. Of several users with the same key, only
 * the first gets it. $1 the list as JSON.
 */
const CLAIM = `
UPDATE directory.users u SET username_key = n.key
FROM (SELECT DISTINCT ON (key) id, key FROM jsonb_to_recordset($1::jsonb) AS n (id uuid, pk integer, key text)
      ORDER BY key, pk) n
WHERE u.id = n.id AND NOT EXISTS (SELECT FROM directory.users other WHERE other.username_key = n.key)`;

/**
 * Replaces keys that SQL has derived, which are only the name in lower case, by the key that a new account with this
 * name would get. Runs after the migration that adds the column, and after an import of users. A user whose name is
 * invalid, or whose new key belongs to another user, keeps the old key.
 */
export async function claimUsernameKeys(manager: Pick<EntityManager, 'query'>): Promise<void> {
  for (let after = 0; ; ) {
    const users = await manager.query<{ id: string; pk: number; username: string }[]>(NOT_ASCII, [after]);
    const keys = users.flatMap(({ id, pk, username }) => {
      const prepared = prepareUsername(username);
      return 'key' in prepared ? [{ id, pk, key: prepared.key }] : [];
    });
    if (keys.length > 0) await manager.query(CLAIM, [JSON.stringify(keys)]);
    const last = users.at(-1);
    if (users.length < BATCH || !last) return;
    after = last.pk;
  }
}
