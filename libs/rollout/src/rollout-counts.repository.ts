import type { DataSource } from 'typeorm';
import type { RolloutCounts } from './drop-test.js';
import type { NetworkCount } from './network-weights.js';

/**
 * Counts the plans of two versions that began in a period and that their visitors have answered, by network. A plan is
 * in `journeys` if it has a record, in `plans` if it has not ended, and in `unrecorded_plans` if it was abandoned or
 * has expired and is not recorded yet. There, `revision` is null if the plan was not answered. Plans that began after
 * the newest recorded plan are left out: when the records have reached their size limit, further ended plans get no
 * record, and counting only the unfinished plans would distort the rate. $1 flow, $2 ids of the versions, $3 start and
 * $4 end of the period.
 */
const COUNT = `
  WITH recorded AS (
    SELECT version_id, network, outcome, begun_at FROM flow.journeys
    WHERE flow_id = $1 AND version_id = ANY ($2::uuid[]) AND ended_at >= $3 AND begun_at >= $3 AND begun_at < $4),
  newest AS (SELECT max(begun_at) AS begun_at FROM recorded)
  SELECT version_id AS "versionId", coalesce(encode(network, 'hex'), '') AS network, sum(plans)::int AS plans,
    sum(completed)::int AS completed, (SELECT begun_at FROM newest) AS until
  FROM (
    SELECT version_id, network, count(*) AS plans, count(*) FILTER (WHERE outcome = 'done') AS completed
    FROM recorded GROUP BY version_id, network
    UNION ALL
    SELECT p.version_id, p.network, count(*), 0
    FROM flow.plans p JOIN newest n ON p.begun_at <= n.begun_at
    WHERE p.version_id = ANY ($2::uuid[]) AND p.begun_at >= $3 AND p.begun_at < $4 AND p.progress = 1
    GROUP BY p.version_id, p.network
    UNION ALL
    SELECT u.version_id, u.network, count(*), 0
    FROM flow.unrecorded_plans u JOIN newest n ON u.begun_at <= n.begun_at
    WHERE u.version_id = ANY ($2::uuid[]) AND u.begun_at >= $3 AND u.begun_at < $4 AND u.revision IS NOT NULL
    GROUP BY u.version_id, u.network) counts
  GROUP BY version_id, network`;

interface CountRow extends NetworkCount {
  readonly versionId: string;
  readonly until: Date;
}

/** Selects the plans to count. */
export interface CountedPlans {
  readonly flowId: string;
  readonly currentId: string;
  readonly candidateId: string;
  /** Only plans that began at this time or later count. */
  readonly from: Date;
  /** Only plans that began before this time count. */
  readonly to: Date;
}

const DAY_MS = 86_400_000;

/** Counts plans from journey records (docs/spec/journeys.md), from their queue, and from plans that have not ended. */
export class RolloutCountsRepository {
  constructor(private readonly source: DataSource) {}

  /**
   * Returns the plans that visitors have answered, by network, for both versions of a rollout, and the start of the
   * newest plan that counts.
   */
  async count({
    flowId,
    currentId,
    candidateId,
    from,
    to,
  }: CountedPlans): Promise<RolloutCounts & { readonly until: Date | undefined }> {
    const rows: CountRow[] = await this.source.query(COUNT, [flowId, [currentId, candidateId], from, to]);
    const of = (id: string) =>
      rows.flatMap(({ versionId, until: _until, ...count }) => (versionId === id ? [count] : []));
    const days = Math.floor(to.getTime() / DAY_MS) - Math.floor(from.getTime() / DAY_MS) + 1;
    return { current: of(currentId), candidate: of(candidateId), days: Math.max(1, days), until: rows[0]?.until };
  }
}
