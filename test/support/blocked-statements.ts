import type { DataSource } from 'typeorm';

/** Resolves when at least `expected` statements wait for a lock. */
export async function waitForBlockedStatements(source: Pick<DataSource, 'query'>, expected: number): Promise<void> {
  const sql = `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  let count = 0;
  while (count < expected) [{ count }] = await source.query<[{ count: number }]>(sql);
}
