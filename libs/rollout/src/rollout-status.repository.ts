import { FlowRollouts, type RunningRollout } from '@gatehouse/blueprints';
import type { DataSource } from 'typeorm';
import { type GuardFinding, judgeRollout } from './guard-verdict.js';
import { RolloutCountsRepository } from './rollout-counts.repository.js';

/** A running rollout with its counts. */
export interface RolloutStatus extends RunningRollout {
  /** The counts at this moment. */
  readonly counts: Pick<GuardFinding, 'current' | 'candidate'>;
  /** What the guard found at its last look; null before. */
  readonly finding: GuardFinding | null;
}

interface Options {
  readonly source: DataSource;
  /** Age in seconds from which a plan that has not ended counts as not completed. */
  readonly settleS: number;
}

/** Reads how the versions of running rollouts do. */
export class RolloutStatusRepository {
  constructor(private readonly options: Options) {}

  /** Returns the running rollout of a flow. Throws `unknown_flow` or `no_rollout`. */
  async find(slug: string): Promise<RolloutStatus> {
    return this.countPlans(await new FlowRollouts(this.options).find(slug));
  }

  /** Returns a rollout with the counts of its plans. */
  async countPlans(rollout: RunningRollout): Promise<RolloutStatus> {
    const { source, settleS } = this.options;
    const to = new Date(Date.now() - settleS * 1000);
    const counts = await new RolloutCountsRepository(source).count({ ...rollout, from: rollout.countedFrom, to });
    const { current, candidate } = judgeRollout(counts, { margin: 1, tests: 0 });
    return { ...rollout, finding: rollout.finding as GuardFinding | null, counts: { current, candidate } };
  }
}
