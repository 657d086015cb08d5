import type { DataSource, EntityManager } from 'typeorm';

/**
 * Largest number of expired rows that each call deletes. It is more than the one row that a call adds, so that expired
 * rows do not accumulate.
 */
const SWEEP_BATCH = 10;

/**
 * The id of a piece of work, and the table that records it. The table has the columns `id text`, `reply jsonb`, `at
 * timestamptz`.
 */
interface IdempotencyKey {
  readonly table: string;
  readonly id: string;
}

/**
 * Makes work idempotent: runs it in a transaction that also records its reply. A second call with the same id, even a
 * concurrent one, returns the recorded reply instead (docs/spec/storage.md#once). If the work throws, it is rolled
 * back, and a later call runs it again.
 */
export const runOnce = <T extends object>(
  source: DataSource,
  { table, id }: IdempotencyKey,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> =>
  source.transaction(async (manager) => {
    const reserved: unknown[] = await manager.query(reserveStatement(table), [id]);
    if (reserved.length === 0) return storedReply<T>(manager, table, id);
    const reply = await work(manager);
    await manager.query(`UPDATE ${table} SET reply = $2 WHERE id = $1`, [id, JSON.stringify(reply)]);
    return reply;
  });

/**
 * Returns the statement that reserves the id of a piece of work ($1). It returns a row if the work must run. `old`
 * selects expired rows, `swept` deletes them. The INSERT waits for a concurrent transaction with the same id, and
 * returns no row if that transaction has recorded its reply.
 */
const reserveStatement = (table: string) => `
  WITH old AS (
    SELECT id FROM ${table} WHERE at < now() - interval '24 hours' ORDER BY at LIMIT ${SWEEP_BATCH} FOR UPDATE SKIP LOCKED),
  swept AS (DELETE FROM ${table} d USING old WHERE d.id = old.id)
  INSERT INTO ${table} (id) VALUES ($1) ON CONFLICT (id) DO NOTHING RETURNING id`;

async function storedReply<T>(manager: EntityManager, table: string, id: string): Promise<T> {
  const [row] = await manager.query<{ reply: T }[]>(`SELECT reply FROM ${table} WHERE id = $1`, [id]);
  return row!.reply;
}
