import type { GuardFacts } from '@gatehouse/contracts';
import type { EventRecorder } from '@gatehouse/outbox';
import { type FlowVersion, flowVersion } from '@gatehouse/plan';
import type { Sealer } from '@gatehouse/platform';
import type { EntityManager } from 'typeorm';
import { builtInContracts } from '../built-in-models.js';
import { TypeormPublisher } from '../typeorm-publisher.js';
import type { ExpectedFlow } from './expected-flow.js';
import { FlowReleaseError } from './flow-release-error.js';
import { markPublished } from './typeorm-flow-publisher.js';
import type { FlowRow, VersionRow } from './typeorm-flow-versions.js';
import { type ReleaseLogOptions, TypeormReleaseLog } from './typeorm-release-log.js';
import { VersionContents } from './version-content.js';

/** Makes another version current, and ends a rollout. $1 flow, $2 version, $3 slug, $4 designation. */
const SET_CURRENT = `
  UPDATE flow.flows SET version_id = $2, slug = $3, designation = $4,
    compiled_id = nullif(coalesce(compiled_id, version_id), $2),
    candidate_id = NULL, candidate_share = NULL, candidate_until = NULL
  WHERE id = $1`;

const END_ROLLOUT = `
  UPDATE flow.flows SET candidate_id = NULL, candidate_share = NULL, candidate_until = NULL WHERE id = $1`;

/** How changes are checked and recorded. */
export interface FlowChangeOptions extends ReleaseLogOptions {
  /** Decrypts the secrets of versions. Without it, they are not compared and not checked. */
  readonly sealer?: Sealer | undefined;
  /** By default, no audit events are written. */
  readonly events?: EventRecorder | undefined;
}

/** Why a flow is changed. */
export interface ReleaseRequest {
  /** The reason, for the log and the audit event. */
  readonly reason?: string | undefined;
  /**
   * The state of the flow that the operator has seen. If the flow has changed since, this change fails with
   * `changed_meanwhile`.
   */
  readonly expected?: ExpectedFlow | undefined;
  /** What the guard of a rollout has found, if the guard changes the flow. */
  readonly finding?: GuardFacts | undefined;
}

/** A change of the current version, or of a rollout. */
export interface ReleaseResult {
  /** Slug of the flow after the change. */
  readonly slug: string;
  readonly number: number;
  /** Number of the version that was current before. */
  readonly before: number;
  readonly isHeld: boolean;
  /** Number of the candidate whose rollout the change has ended. */
  readonly stoppedRollout?: number;
}

interface Target extends ReleaseRequest {
  readonly version: VersionRow;
  readonly action: 'published' | 'rolled_back' | 'rollout_completed';
}

interface Recorded extends ReleaseRequest {
  readonly slug: string;
  readonly version: number;
  readonly stoppedRollout?: number;
}

const EVENTS = {
  published: { action: 'flow_published' },
  rollout_completed: { action: 'flow_published' },
  rolled_back: { action: 'flow_rolled_back' },
} as const;

/** Returns whether the current version of a flow is not the one that the stored objects compile to. */
export const isHeld = ({ compiledId, versionId }: FlowRow): boolean => compiledId !== null && compiledId !== versionId;

/** Changes the current version of a flow, with its row in the log and its audit event, in the caller's transaction. */
export class TypeormFlowChange {
  readonly #log: TypeormReleaseLog;

  constructor(
    private readonly manager: EntityManager,
    private readonly options: FlowChangeOptions,
  ) {
    this.#log = new TypeormReleaseLog(manager, options);
  }

  /** Makes a version of the flow current, which ends a rollout. Throws `unusable_version` or `slug_taken`. */
  async makeCurrent(flow: FlowRow, { version, action, reason, finding }: Target): Promise<ReleaseResult> {
    const { slug, designation } = this.flowOf(flow, version);
    await this.#rejectTakenSlug(flow, slug);
    await this.manager.query(SET_CURRENT, [flow.id, version.id, slug, designation]);
    await markPublished(this.manager, [version.id]);
    await new TypeormPublisher(this.manager).publishFirstFlows();
    const isRolloutStopped = flow.candidateId !== null && flow.candidateId !== version.id;
    if (isRolloutStopped) await this.#logRolloutEnd(flow, reason);
    await this.#log.add([{ ...rowOf(flow, version), slug, before_number: flow.number, action, reason }]);
    const stopped = isRolloutStopped ? { stoppedRollout: flow.candidateNumber ?? 0 } : {};
    await this.#record(EVENTS[action], flow, { slug, version: version.number, reason, finding, ...stopped });
    return {
      ...{ slug, number: version.number, before: flow.number },
      isHeld: version.id !== (flow.compiledId ?? flow.versionId),
      ...stopped,
    };
  }

  /** Ends the rollout of a candidate. The current version stays. */
  async stopRollout(flow: FlowRow, { reason, finding }: ReleaseRequest): Promise<ReleaseResult> {
    await this.manager.query(END_ROLLOUT, [flow.id]);
    await this.#logRolloutEnd(flow, reason, finding && 'rollout_reverted');
    const { slug, number, candidateNumber } = flow;
    const stoppedRollout = candidateNumber ?? 0;
    await this.#record(EVENTS.rolled_back, flow, { slug, version: number, reason, finding, stoppedRollout });
    return { slug, number, before: number, isHeld: isHeld(flow), stoppedRollout };
  }

  #logRolloutEnd(
    flow: FlowRow,
    reason: string | undefined,
    action: 'rollout_stopped' | 'rollout_reverted' = 'rollout_stopped',
  ): Promise<void> {
    const { slug, number, candidateId, candidateNumber } = flow;
    const candidate = { id: String(candidateId), number: candidateNumber ?? 0 };
    // If the guard has ended the rollout, the log row names the current version instead of the candidate.
    const [version, before] =
      action === 'rollout_reverted' ? [{ id: flow.versionId, number }, candidate.number] : [candidate, number];
    return this.#log.add([{ ...rowOf(flow, version), slug, before_number: before, action, reason }]);
  }

  async #record(
    event: (typeof EVENTS)[keyof typeof EVENTS],
    { id, number }: FlowRow,
    { slug, version, reason, finding, stoppedRollout }: Recorded,
  ): Promise<void> {
    const context = {
      ...{ flow: { slug, pk: id }, version, previous_version: number },
      ...(stoppedRollout !== undefined && { stopped_rollout: stoppedRollout }),
      ...(reason !== undefined && { reason }),
      ...(finding !== undefined && { guard: finding }),
    };
    await this.options.events?.record(this.manager, { ...event, context });
  }

  /**
   * Returns the flow of a version. Throws `unusable_version` if this version of Gatehouse, or a gateway with these seal
   * keys, could not run it.
   */
  flowOf({ slug }: FlowRow, { number, document }: VersionRow): FlowVersion['flow'] {
    const reject = (reason: string) => {
      throw new FlowReleaseError(
        'unusable_version',
        `Version ${number} of the flow ${slug} cannot be published: ${reason}.`,
      );
    };
    const parsed = flowVersion.safeParse(document).data ?? reject('this version of Gatehouse cannot read it');
    const kinds = new Set([...builtInContracts.stages.values()].map(({ kind }) => kind));
    const unknown = parsed.steps.find(
      ({ stage: { kind } }) => !kinds.has(kind) && !Object.hasOwn(parsed.descriptors, kind),
    );
    if (unknown) reject(`there is no stage ${unknown.stage.kind}`);
    if (!new VersionContents(this.options.sealer).canOpen(parsed))
      reject('its secrets cannot be decrypted with SEAL_KEYS');
    return parsed.flow;
  }

  async #rejectTakenSlug({ id, slug: before }: FlowRow, slug: string): Promise<void> {
    if (slug === before) return;
    const taken: unknown[] = await this.manager.query('SELECT FROM flow.flows WHERE slug = $1 AND id <> $2', [
      slug,
      id,
    ]);
    if (taken.length > 0) throw new FlowReleaseError('slug_taken', `Another published flow has the slug ${slug}.`);
  }
}

const rowOf = (flow: FlowRow, { id, number }: Pick<VersionRow, 'id' | 'number'>) => ({
  ...{ flow_id: flow.id, version_id: id, number },
});
