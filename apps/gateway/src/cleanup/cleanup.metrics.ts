import { type ExpiredRowCleaner, MAX_BACKLOG } from '@gatehouse/executor-postgres';
import { counter, gauge, lazyGauge } from '@gatehouse/platform';

type Backlog = Pick<ExpiredRowCleaner, 'backlog'>;

const labels = { table: 'the table with its schema, such as `flow.plans`' };

/** Expired rows that this gateway has deleted, by table. */
export const removedRows = counter({
  name: 'gatehouse_cleanup_removed_rows_total',
  question: 'cleanup',
  help: 'Expired rows that this gateway has deleted. Rows that are deleted with their session are not counted',
  labels,
});

/** Rows that the last complete cleanup of this gateway has deleted, by table. */
export const roundRows = gauge({
  name: 'gatehouse_cleanup_round_rows',
  question: 'cleanup',
  help: 'Rows that the last complete round of this gateway has deleted. One gateway at a time cleans up',
  labels,
});

/** Unix time at which this gateway has last completed a cleanup. */
export const lastSuccess = gauge({
  name: 'gatehouse_cleanup_last_success_timestamp_seconds',
  question: 'cleanup',
  help: 'Unix time at which this gateway has last completed a round, 0 before its first. Take the maximum of all gateways',
  labels: {},
});

/**
 * The cleaners of this process. The metric reads only the newest cleaner, because all of them clean the same database.
 */
const cleaners = new Set<Backlog>();

lazyGauge(
  {
    name: 'gatehouse_cleanup_backlog_rows',
    question: 'cleanup',
    help: `Rows that the next cleanup looks at, because they have expired or may have; ${MAX_BACKLOG} means as many or more`,
    labels,
  },
  async () => {
    const cleaner = [...cleaners].at(-1);
    const backlog = (await cleaner?.backlog()) ?? [];
    return backlog.map(({ table, rows }) => ({ labels: { table }, value: rows }));
  },
);

/** Publishes the backlog of a cleaner as a metric, until the returned function is called. */
export function reportBacklog(cleaner: Backlog): () => void {
  cleaners.add(cleaner);
  return () => void cleaners.delete(cleaner);
}
