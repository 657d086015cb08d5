import { lazyGauge } from '@gatehouse/platform';

const STATES = ['watched', 'halted', 'unguarded'];

/** Counts the running rollouts by state. */
const COUNT = `
  SELECT state, count(r.flow_id)::int AS value
  FROM unnest($1::text[]) state
  LEFT JOIN (flow.rollouts r JOIN flow.flows f ON f.id = r.flow_id AND f.candidate_id = r.version_id)
    ON state = CASE WHEN r.halted_at IS NOT NULL THEN 'halted' WHEN r.margin IS NULL THEN 'unguarded' ELSE 'watched' END
  GROUP BY state`;

/** A database whose rollouts are counted. */
interface RolloutSource {
  query(sql: string, values: unknown[]): Promise<{ state: string; value: number }[]>;
}

/** The databases of the guards in this process. In practice, all of them are the same database. */
const sources = new Set<RolloutSource>();

lazyGauge(
  {
    name: 'gatehouse_rollouts',
    question: 'logins',
    help: 'Versions of flows that are being rolled out. `halted`: the completion rate has dropped, and the guard has not gone back. Take the maximum of all processes',
    labels: { state: STATES },
  },
  async () => {
    const rows = (await [...sources].at(-1)?.query(COUNT, [STATES])) ?? [];
    return rows.map(({ state, value }) => ({ labels: { state }, value }));
  },
);

/** Serves the number of running rollouts as a metric, until the returned function is called. */
export function reportRollouts(source: RolloutSource): () => void {
  sources.add(source);
  return () => void sources.delete(source);
}
