import { runNamedIn } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import type { CommitParts, SaveStatement } from './commit-statement.js';

/**
 * Serialises the logins of a user that end the user's other sessions, until the transaction ends. $1 uuid of the user.
 */
const LOCK_LOGINS = `SELECT pg_advisory_xact_lock(hashtextextended('only session of ' || $1, 0))`;

/** Returns the uuid of the user who logs in, if the login ends the user's other sessions; else `undefined`. */
export function userOfOnlySession({ alone, add, rejoin, login }: CommitParts): string | undefined {
  if (!alone) return undefined;
  const values = login ?? rejoin ?? add;
  return values?.['user'] as string | undefined;
}

/**
 * Saves a login that ends the user's other sessions. Waits for earlier such logins of the user. The lock needs a
 * statement of its own: a save that took the lock itself would read a snapshot from before its wait, and miss the
 * session of the earlier login.
 */
export const saveOnlySession = <R>(
  source: DataSource,
  user: string,
  [statement, parameters]: SaveStatement,
): Promise<readonly R[]> =>
  source.transaction(async (manager) => {
    await manager.query(LOCK_LOGINS, [user]);
    return (await runNamedIn<R>(manager, statement, parameters)).rows;
  });
