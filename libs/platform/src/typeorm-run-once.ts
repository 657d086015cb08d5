import type { DataSource, EntityManager } from 'typeorm';

/** Rows of work done long ago that each new one sweeps away: more than come, so that they never pile up. */
const SWEEP_BATCH = 10;

/** Which work, and where it is noted: a table with `id text`, `reply jsonb` and `at timestamptz`. */
interface IdempotencyKey {
  readonly table: string;
  readonly id: string;
}

/**
 * Does work in a transaction that also notes its reply: asked a second time under the same id, also at the same moment, it is
 * not done again and has the same reply (docs/spec/storage.md#once). What throws has not happened, and may be asked
 * again.
 */
export const runOnce = <T extends object>(
  source: DataSource,
  { table, id }: IdempotencyKey,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> =>
  source.transaction(async (manager) => {
    const began: unknown[] = await manager.query(reserveStatement(table), [id]);
    if (began.length === 0) return storedReply<T>(manager, table, id);
    const reply = await work(manager);
    await manager.query(`UPDATE ${table} SET reply = $2 WHERE id = $1`, [id, JSON.stringify(reply)]);
    return reply;
  });

/** Waits for whoever does the same work at this moment. */
const reserveStatement = (table: string) => `
  WITH old AS (
    SELECT id FROM ${table} WHERE at < now() - interval '24 hours' ORDER BY at LIMIT ${SWEEP_BATCH} FOR UPDATE SKIP LOCKED),
  swept AS (DELETE FROM ${table} d USING old WHERE d.id = old.id)
  INSERT INTO ${table} (id) VALUES ($1) ON CONFLICT (id) DO NOTHING RETURNING id`;

async function storedReply<T>(manager: EntityManager, table: string, id: string): Promise<T> {
  const [row] = await manager.query<{ reply: T }[]>(`SELECT reply FROM ${table} WHERE id = $1`, [id]);
  return row!.reply;
}
