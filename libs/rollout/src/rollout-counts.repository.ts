import type { DataSource } from 'typeorm';
import type { RolloutCounts } from './drop-test.js';
import type { NetworkCount } from './network-weights.js';

/**
 * Counts plans of two versions by network, ended or not, that began in a period and whose visitor has answered. Plans
 * that were abandoned or have expired wait in `unrecorded_plans` until they are recorded; those with a revision were
 * answered. $1 flow, $2 ids of the versions, $3 start and $4 end of the period.
 */
const COUNT = `
  SELECT version_id AS "versionId", coalesce(encode(network, 'hex'), '') AS network, sum(plans)::int AS plans,
    sum(completed)::int AS completed
  FROM (
    SELECT version_id, network, count(*) AS plans, count(*) FILTER (WHERE outcome = 'done') AS completed
    FROM flow.journeys
    WHERE flow_id = $1 AND version_id = ANY ($2::uuid[]) AND ended_at >= $3 AND begun_at >= $3 AND begun_at < $4
    GROUP BY version_id, network
    UNION ALL
    SELECT version_id, network, count(*), 0
    FROM flow.plans
    WHERE version_id = ANY ($2::uuid[]) AND begun_at >= $3 AND begun_at < $4 AND progress = 1
    GROUP BY version_id, network
    UNION ALL
    SELECT version_id, network, count(*), 0
    FROM flow.unrecorded_plans
    WHERE version_id = ANY ($2::uuid[]) AND begun_at >= $3 AND begun_at < $4 AND revision IS NOT NULL
    GROUP BY version_id, network) counts
  GROUP BY version_id, network`;

interface CountRow extends NetworkCount {
  readonly versionId: string;
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

  /** Returns the plans that visitors have answered, by network, for both versions of a rollout. */
  async count({ flowId, currentId, candidateId, from, to }: CountedPlans): Promise<RolloutCounts> {
    const rows: CountRow[] = await this.source.query(COUNT, [flowId, [currentId, candidateId], from, to]);
    const of = (id: string) => rows.flatMap(({ versionId, ...count }) => (versionId === id ? [count] : []));
    const days = Math.floor(to.getTime() / DAY_MS) - Math.floor(from.getTime() / DAY_MS) + 1;
    return { current: of(currentId), candidate: of(candidateId), days: Math.max(1, days) };
  }
}
