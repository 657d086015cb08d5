import type { EntityManager } from 'typeorm';

/** Starts a rollout. $1 flow, $2 candidate, $3 allowed drop or null, $4 seconds of the guard or null. */
const INSERT = `
  INSERT INTO flow.rollouts (flow_id, version_id, margin, watch_until) VALUES ($1, $2, $3, now() + make_interval(secs => $4))
  ON CONFLICT (flow_id) DO UPDATE SET version_id = excluded.version_id, margin = excluded.margin,
    watch_until = excluded.watch_until, started_at = now(), counted_from = now(), looked_at = '-infinity',
    halted_at = NULL, tests = 0, finding = NULL`;

/**
 * Restarts the count of plans. $1 flow, $2 allowed drop, $3 seconds of a new guard. If $2 and $3 are null, the previous
 * guard stays, and its time starts again.
 */
const RESTART = `
  UPDATE flow.rollouts SET margin = coalesce($2, margin),
    watch_until = now() + coalesce(make_interval(secs => $3), watch_until - counted_from),
    counted_from = now(), halted_at = NULL, tests = 0, finding = NULL
  WHERE flow_id = $1`;

/**
 * $1 flow, $2 candidate, $3 share, $4 seconds for which gateways choose the candidate without another comparison by the
 * guard.
 */
const SET_CANDIDATE = `
  UPDATE flow.flows f SET candidate_id = $2, candidate_share = $3,
    candidate_until = CASE WHEN r.margin IS NULL THEN 'infinity' ELSE now() + make_interval(secs => $4) END
  FROM flow.rollouts r WHERE f.id = $1 AND r.flow_id = f.id
  RETURNING r.margin`;

/** $1 flow. */
const HALT = `
  WITH halted AS (UPDATE flow.rollouts SET halted_at = now() WHERE flow_id = $1 RETURNING flow_id)
  UPDATE flow.flows f SET candidate_until = 'infinity' FROM halted WHERE f.id = halted.flow_id`;

const FIND = `
  SELECT r.started_at AS "startedAt", r.counted_from AS "countedFrom", r.watch_until AS "watchUntil", r.margin,
    nullif(r.looked_at, '-infinity') AS "lookedAt", r.halted_at AS "haltedAt", r.tests, r.finding
  FROM flow.rollouts r JOIN flow.flows f ON f.id = r.flow_id AND f.candidate_id = r.version_id WHERE r.flow_id = $1`;

/** A row of the table of rollouts. */
export interface StoredRollout {
  readonly startedAt: Date;
  /** Plans that began before this time are not counted. */
  readonly countedFrom: Date;
  /** Until when the guard watches; null without a guard. */
  readonly watchUntil: Date | null;
  /** Allowed drop of the completion rate in hundredths of a percentage point; null without a guard. */
  readonly margin: number | null;
  readonly lookedAt: Date | null;
  /** When the guard stopped the growth of the share; null if it has not. */
  readonly haltedAt: Date | null;
  readonly tests: number;
  /** Result of the guard's last comparison; null before the first one. */
  readonly finding: unknown;
}

/** The guard of a rollout. */
export interface Guard {
  /** Allowed drop of the completion rate in hundredths of a percentage point. */
  readonly margin: number;
  /** Seconds for which the guard watches. Then the candidate is published. */
  readonly watchS: number;
}

/** The table `flow.rollouts`, with the columns of flows that gateways read. */
export class TypeormRolloutTable {
  constructor(private readonly manager: EntityManager) {}

  /** Returns the running rollout of a flow. */
  async find(flowId: string): Promise<StoredRollout | undefined> {
    const [row]: StoredRollout[] = await this.manager.query(FIND, [flowId]);
    return row;
  }

  /** Adds a rollout. It starts when `setCandidate` is called. */
  async insert(flowId: string, versionId: string, guard: Guard | undefined): Promise<void> {
    await this.manager.query(INSERT, [flowId, versionId, guard?.margin ?? null, guard?.watchS ?? null]);
  }

  /** Restarts the count of a rollout's plans. Without `guard`, the previous guard stays. */
  async restart(flowId: string, guard: Guard | undefined): Promise<void> {
    await this.manager.query(RESTART, [flowId, guard?.margin ?? null, guard?.watchS ?? null]);
  }

  /** Gives a share of the new plans the version. Returns the margin of the guard; null without a guard. */
  async setCandidate(
    flowId: string,
    versionId: string,
    { share, graceS }: { readonly share: number; readonly graceS: number },
  ): Promise<Pick<StoredRollout, 'margin'>> {
    const [rows]: [StoredRollout[]] = await this.manager.query(SET_CANDIDATE, [flowId, versionId, share, graceS]);
    return rows[0]!;
  }

  /** Ends the guard, and lets gateways choose the candidate until the rollout ends. */
  async halt(flowId: string): Promise<void> {
    await this.manager.query(HALT, [flowId]);
  }
}
