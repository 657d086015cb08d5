import type { Deployment } from './deployment.js';

/** Returns the rows of all tables as text, each with the name of its table. */
export async function allRows(deployment: Deployment): Promise<Set<string>> {
  const tables = await deployment.rows<{ name: string }>(
    `SELECT format('%I.%I', schemaname, relname) AS name FROM pg_stat_user_tables
     WHERE relid NOT IN (SELECT partrelid FROM pg_partitioned_table) ORDER BY 1`,
  );
  const all = new Set<string>();
  for (const { name } of tables)
    for (const { row } of await deployment.rows<{ row: string }>(`SELECT t::text AS row FROM ${name} t`))
      all.add(`${name} ${row}`);
  return all;
}

/** Returns the rows that were added or changed between two results of `allRows`, with their new values. */
export const changedRows = (before: ReadonlySet<string>, after: ReadonlySet<string>): string[] =>
  [...after].filter((row) => !before.has(row));
