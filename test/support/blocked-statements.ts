import type { DataSource } from 'typeorm';

/** Comes back when so many statements wait for a row. */
export async function waitForBlockedStatements(source: DataSource, wanted: number): Promise<void> {
  const sql = `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  let count = 0;
  while (count < wanted) [{ count }] = await source.query<[{ count: number }]>(sql);
}
