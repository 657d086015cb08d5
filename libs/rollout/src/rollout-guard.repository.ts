import {
  changeFlows,
  type FlowChangeOptions,
  type FlowRow,
  TypeormFlowVersions,
  VersionContents,
  type VersionRow,
} from '@gatehouse/blueprints';
import type { FlowVersion } from '@gatehouse/plan';
import type { DataSource, EntityManager } from 'typeorm';
import type { GuardFinding } from './guard-verdict.js';

/**
 * Claims one rollout with a guard whose last comparison is old enough, and prolongs the time in which gateways may
 * choose its candidate. Services that do so at the same time claim different rollouts. $1 seconds between two
 * comparisons, $2 seconds in which gateways may choose the candidate from now on.
 *
 * The timer of a service fires every $1 seconds, with jitter. A claim therefore needs only 0.9 times $1 seconds since
 * the last comparison. Otherwise a claim that is slightly early would have to wait for the next tick.
 */
const CLAIM = `
  WITH due AS (
    SELECT r.flow_id FROM flow.rollouts r JOIN flow.flows f ON f.id = r.flow_id AND f.candidate_id = r.version_id
    WHERE r.margin IS NOT NULL AND r.halted_at IS NULL AND r.looked_at <= now() - make_interval(secs => $1 * 0.9)
    ORDER BY r.looked_at LIMIT 1 FOR UPDATE OF r SKIP LOCKED),
  claimed AS (
    UPDATE flow.rollouts r SET looked_at = now() FROM due WHERE r.flow_id = due.flow_id RETURNING r.*)
  UPDATE flow.flows f SET candidate_until = now() + make_interval(secs => $2)
  FROM claimed c WHERE f.id = c.flow_id AND f.candidate_id = c.version_id
  RETURNING f.id AS "flowId", f.slug, f.version_id AS "currentId", c.version_id AS "candidateId", c.margin, c.tests,
    c.counted_from AS "countedFrom", c.watch_until AS "watchUntil", now()`;

/**
 * Saves a finding. Does nothing if the counting has begun anew, or if another service has saved a finding in between.
 * $1 flow, $2 time from which plans count, $3 number of tests before this finding, $4 number with it, $5 finding.
 */
const SAVE = `
  UPDATE flow.rollouts SET tests = $4, finding = $5
  WHERE flow_id = $1 AND counted_from = $2 AND tests = $3 AND halted_at IS NULL RETURNING flow_id`;

const DOCUMENTS = 'SELECT id, document FROM flow.flow_versions WHERE id = ANY ($1::uuid[])';

/** A rollout that this service has claimed. */
export interface ClaimedRollout {
  readonly flowId: string;
  readonly slug: string;
  readonly currentId: string;
  readonly candidateId: string;
  /** Allowed drop of the completion rate, in hundredths of a percentage point. */
  readonly margin: number;
  readonly tests: number;
  readonly countedFrom: Date;
  readonly watchUntil: Date;
  /** Current time, by the clock of the database. */
  readonly now: Date;
}

/** Claims rollouts, saves the guard's findings, and changes the flows. */
export class RolloutGuardRepository {
  constructor(
    private readonly source: DataSource,
    readonly options: FlowChangeOptions,
  ) {}

  /** Claims a rollout that was not compared for about `lookS` seconds. Returns `undefined` if there is none. */
  async claim({
    lookS,
    graceS,
  }: {
    readonly lookS: number;
    readonly graceS: number;
  }): Promise<ClaimedRollout | undefined> {
    const [rows]: [ClaimedRollout[]] = await this.source.query(CLAIM, [lookS, graceS]);
    return rows[0];
  }

  /** Saves a finding that does not change the flow. */
  async save(rollout: ClaimedRollout, finding: GuardFinding): Promise<void> {
    await saveFinding(this.source.manager, rollout, finding);
  }

  /**
   * Saves a finding and changes the flow, in one transaction. Does nothing and returns false if the rollout was changed
   * since it was claimed. Throws FlowChangeBusyError while another process changes flows.
   */
  async decide(
    rollout: ClaimedRollout,
    finding: GuardFinding,
    change: (manager: EntityManager, flow: FlowRow) => Promise<unknown>,
  ): Promise<boolean> {
    return changeFlows(this.source, { ifBusy: 'fail' }, async (manager) => {
      if (!(await saveFinding(manager, rollout, finding))) return false;
      const flow = await new TypeormFlowVersions(manager).findFlow(rollout.slug);
      if (flow.versionId !== rollout.currentId || flow.candidateId !== rollout.candidateId) return false;
      await change(manager, flow);
      return true;
    });
  }

  /** Returns the row of the flow's candidate version. */
  async findCandidate(manager: EntityManager, flow: FlowRow): Promise<VersionRow> {
    return new TypeormFlowVersions(manager).findVersion(flow, flow.candidateNumber ?? 0);
  }

  /**
   * Returns the documents of the current version and of the candidate, in this order. Equal secrets have equal values
   * in both, even if their sealed bytes differ.
   */
  async findDocuments({ currentId, candidateId }: ClaimedRollout): Promise<[FlowVersion, FlowVersion]> {
    const rows: { id: string; document: FlowVersion }[] = await this.source.query(DOCUMENTS, [
      [currentId, candidateId],
    ]);
    const contents = new VersionContents(this.options.sealer);
    const of = (id: string) => contents.withComparableSecrets(rows.find((row) => row.id === id)!.document);
    return [of(currentId), of(candidateId)];
  }
}

async function saveFinding(manager: EntityManager, rollout: ClaimedRollout, finding: GuardFinding): Promise<boolean> {
  const { flowId, countedFrom, tests } = rollout;
  const values = [flowId, countedFrom, tests, finding.tests, JSON.stringify(finding)];
  const [rows]: [unknown[]] = await manager.query(SAVE, values);
  return rows.length > 0;
}
