import type { DataSource, EntityManager } from 'typeorm';
import { changeFlows, type FlowTransactionOptions } from '../typeorm-flow-transaction.js';
import { rejectChangedFlow, rejectOtherResult } from './expected-flow.js';
import { FlowReleaseError } from './flow-release-error.js';
import type { FlowChangeOptions } from './typeorm-flow-change.js';
import { TypeormFlowVersions } from './typeorm-flow-versions.js';
import { type RolloutRequest, TypeormRolloutChange } from './typeorm-rollout-change.js';
import { type StoredRollout, TypeormRolloutTable } from './typeorm-rollout-table.js';

/** A running rollout. */
export interface RunningRollout extends StoredRollout {
  readonly slug: string;
  readonly flowId: string;
  readonly currentId: string;
  readonly candidateId: string;
  /** Number of the current version. */
  readonly current: number;
  /** Number of the candidate. */
  readonly candidate: number;
  /** Share of the candidate in hundredths of a percent. */
  readonly share: number;
  /** Time until which gateways choose the candidate without another comparison by the guard; null for no limit. */
  readonly chosenUntil: Date | null;
}

interface FlowRolloutsOptions extends FlowChangeOptions, FlowTransactionOptions {
  readonly source: DataSource;
}

/** Starts, changes and shows the rollouts of flows. Each change is one transaction. */
export class FlowRollouts {
  constructor(private readonly options: FlowRolloutsOptions) {}

  /**
   * Gives a share of the new plans the version with this number, otherwise the newest draft, or changes the share of a
   * running rollout, which then restarts its count of plans. Throws `unknown_flow`, `unknown_version`, `nothing_newer`,
   * `already_current`, `rollout_running`, `unusable_version` or `changed_meanwhile`.
   */
  async start(slug: string, number: number | undefined, request: RolloutRequest): Promise<RunningRollout> {
    return changeFlows(this.options.source, this.options, async (manager) => {
      const stored = new TypeormFlowVersions(manager);
      const flow = await stored.findFlow(slug);
      rejectChangedFlow(flow, request.expected);
      // A rollout leaves the current version as it is.
      rejectOtherResult(flow, request.expected);
      const version =
        number === undefined ? await stored.findNewestDraft(flow) : await stored.findVersion(flow, number);
      await new TypeormRolloutChange(manager, this.options).start(flow, version, request);
      return runningRollout(manager, slug);
    });
  }

  /** Returns the running rollout of a flow. Throws `unknown_flow` or `no_rollout`. */
  async find(slug: string): Promise<RunningRollout> {
    return this.options.source.transaction('REPEATABLE READ', (manager) => runningRollout(manager, slug));
  }
}

async function runningRollout(manager: EntityManager, slug: string): Promise<RunningRollout> {
  const flow = await new TypeormFlowVersions(manager).findFlow(slug);
  const rollout = await new TypeormRolloutTable(manager).find(flow.id);
  if (!rollout) throw new FlowReleaseError('no_rollout', `No version of the flow ${slug} is being rolled out.`);
  const { candidateUntil: until, candidateNumber, candidateShare } = flow;
  return {
    ...rollout,
    ...{
      slug,
      flowId: flow.id,
      currentId: flow.versionId,
      candidateId: String(flow.candidateId),
      current: flow.number,
      candidate: candidateNumber ?? 0,
      share: candidateShare ?? 0,
    },
    chosenUntil: until instanceof Date ? until : null,
  };
}
