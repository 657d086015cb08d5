import type { DataSource, EntityManager } from 'typeorm';

const QUERY_CANCELED = '57014';

/** Thrown when a statement for a funnel exceeds its time limit. */
export class FunnelTimeoutError extends Error {}

/** Runs statements in one snapshot, each with this time limit in milliseconds. Throws FunnelTimeoutError. */
export async function withinTime<T>(
  source: DataSource,
  timeoutMs: number,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  try {
    return await source.transaction('REPEATABLE READ', async (manager) => {
      await manager.query(`SET LOCAL statement_timeout = ${Math.ceil(timeoutMs)}`);
      return work(manager);
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== QUERY_CANCELED) throw error;
    throw new FunnelTimeoutError(`The records could not be counted in ${timeoutMs} ms.`, { cause: error });
  }
}
