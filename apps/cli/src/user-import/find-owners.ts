import type { DataSource } from 'typeorm';
import type { ExportedAccount } from './exported-accounts.js';

/**
 * Finds the local users of accounts. A user with the same id takes precedence over a user with the same name. $1 array
 * of accounts (JSON) with their index `n`.
 */
const OWNERS = `
  SELECT a.n, found.id FROM jsonb_to_recordset($1::jsonb) AS a (n int, uuid uuid, username text)
  JOIN LATERAL (SELECT u.id FROM directory.users u WHERE u.id = a.uuid OR lower(u.username) = lower(a.username)
    ORDER BY (u.id = a.uuid) DESC NULLS LAST LIMIT 1) found ON true`;

/**
 * Returns the id of the local user of each account, in the order of the accounts. The id is undefined if there is no
 * local user.
 */
export async function findOwners(
  source: DataSource,
  accounts: readonly (ExportedAccount | undefined)[],
): Promise<(string | undefined)[]> {
  const numbered = accounts.map((account, n) => ({ ...account, n }));
  const rows = await source.query<{ n: number; id: string }[]>(OWNERS, [JSON.stringify(numbered)]);
  const ids = new Map(rows.map(({ n, id }) => [n, id]));
  return accounts.map((_, n) => ids.get(n));
}
