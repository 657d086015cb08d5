import type { GuardFacts } from '@gatehouse/contracts';
import type { EntityManager } from 'typeorm';
import type { ExpectedFlow } from './expected-flow.js';
import { FlowReleaseError } from './flow-release-error.js';
import { type FlowChangeOptions, TypeormFlowChange } from './typeorm-flow-change.js';
import type { FlowRow, VersionRow } from './typeorm-flow-versions.js';
import { TypeormReleaseLog } from './typeorm-release-log.js';
import { type Guard, TypeormRolloutTable } from './typeorm-rollout-table.js';

/** The settings with which a rollout is started or changed. */
export interface RolloutRequest {
  /** Share of the new plans in hundredths of a percent, below 10000. */
  readonly share: number;
  readonly guard?: Guard | undefined;
  /** Seconds for which gateways choose the candidate without another comparison by the guard. */
  readonly graceS: number;
  readonly reason?: string | undefined;
  /**
   * The state of the flow that the operator has seen. If the flow has changed since, the start fails with
   * `changed_meanwhile`.
   */
  readonly expected?: ExpectedFlow | undefined;
}

/** Starts, changes and halts a rollout, with its row in the log and its audit event, in the caller's transaction. */
export class TypeormRolloutChange {
  readonly #table: TypeormRolloutTable;

  constructor(
    private readonly manager: EntityManager,
    private readonly options: FlowChangeOptions,
  ) {
    this.#table = new TypeormRolloutTable(manager);
  }

  /**
   * Gives a share of the new plans the version. Throws `already_current`, `rollout_running` for another candidate, or
   * `unusable_version`.
   */
  async start(flow: FlowRow, version: VersionRow, request: RolloutRequest): Promise<void> {
    this.#rejectUnsuitable(flow, version);
    const { share, guard, graceS, reason } = request;
    if (flow.candidateId === null) await this.#table.insert(flow.id, version.id, guard);
    else await this.#table.restart(flow.id, guard);
    const { margin } = await this.#table.setCandidate(flow.id, version.id, { share, graceS });
    const row = { flow_id: flow.id, slug: flow.slug, version_id: version.id, number: version.number };
    const log = new TypeormReleaseLog(this.manager, this.options);
    await log.add([{ ...row, before_number: flow.number, action: 'rollout_started', reason }]);
    const context = {
      ...{ flow: { slug: flow.slug, pk: flow.id }, version: version.number, current_version: flow.number },
      percent: share / 100,
      ...(margin !== null && { guard_margin: margin / 100 }),
      ...(reason !== undefined && { reason }),
    };
    await this.options.events?.record(this.manager, { action: 'flow_rollout_started', context });
  }

  /** Halts the growth of the share. Afterwards the guard no longer changes the rollout. */
  async halt(flow: FlowRow, differences: readonly string[], guard: GuardFacts): Promise<void> {
    await this.#table.halt(flow.id);
    const context = {
      ...{ flow: { slug: flow.slug, pk: flow.id }, version: flow.candidateNumber ?? 0, current_version: flow.number },
      ...{ differences: [...differences], guard },
    };
    await this.options.events?.record(this.manager, { action: 'flow_rollout_halted', context });
  }

  #rejectUnsuitable(flow: FlowRow, version: VersionRow) {
    const { slug, candidateId, candidateNumber } = flow;
    const { id, number } = version;
    if (id === flow.versionId)
      throw new FlowReleaseError('already_current', `Version ${number} of the flow ${slug} is current already.`);
    if (candidateId !== null && candidateId !== id)
      throw new FlowReleaseError(
        'rollout_running',
        `Version ${candidateNumber} of the flow ${slug} is being rolled out. Publish it or roll it back first.`,
      );
    const document = new TypeormFlowChange(this.manager, this.options).flowOf(flow, version);
    if (document.slug === slug && document.designation === flow.designation) return;
    throw new FlowReleaseError(
      'unusable_version',
      `Version ${number} of the flow ${slug} cannot be rolled out: its slug or its designation differs from that of the current version.`,
    );
  }
}
