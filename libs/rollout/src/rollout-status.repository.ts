import { FlowRollouts, type RunningRollout } from '@gatehouse/blueprints';
import type { DataSource } from 'typeorm';
import { type GuardFinding, judgeRollout } from './guard-verdict.js';
import { RolloutCountsRepository } from './rollout-counts.repository.js';

/** A running rollout (docs/spec/rollout.md), with the results of the current version and the candidate. */
export interface RolloutStatus extends RunningRollout {
  /** The plans and completion rates of both versions, as of now. */
  readonly counts: Pick<GuardFinding, 'current' | 'candidate'>;
  /** The last finding of the guard; null before the first. */
  readonly finding: GuardFinding | null;
}

interface Options {
  readonly source: DataSource;
  /** An unfinished plan counts as not completed when this number of seconds has passed since its start. */
  readonly settleS: number;
}

/** Reads running rollouts, with the plans of their versions. */
export class RolloutStatusRepository {
  constructor(private readonly options: Options) {}

  /** Returns the running rollout of a flow. Throws `unknown_flow` or `no_rollout`. */
  async find(slug: string): Promise<RolloutStatus> {
    return this.countPlans(await new FlowRollouts(this.options).find(slug));
  }

  /** Returns the status of a rollout that the caller has loaded. */
  async countPlans(rollout: RunningRollout): Promise<RolloutStatus> {
    const { source, settleS } = this.options;
    const to = new Date(Date.now() - settleS * 1000);
    const counts = await new RolloutCountsRepository(source).count({ ...rollout, from: rollout.countedFrom, to });
    const { current, candidate } = judgeRollout(counts, { margin: 1, tests: 0 });
    return { ...rollout, finding: rollout.finding as GuardFinding | null, counts: { current, candidate } };
  }
}
