import { builtInContracts, TypeormFlowChange, TypeormRolloutChange } from '@gatehouse/blueprints';
import type { GuardFacts, StageContract } from '@gatehouse/contracts';
import { type GuardFinding, judgeRollout, type VersionSummary } from './guard-verdict.js';
import { protectionDifferences } from './protection.js';
import type { RolloutCountsRepository } from './rollout-counts.repository.js';
import type { ClaimedRollout, RolloutGuardRepository } from './rollout-guard.repository.js';

/** Largest number of rollouts that one run examines. */
const MAX_LOOKS = 100;

/**
 * What the guard did about a rollout. `waits`: nothing, the rollout goes on. `changed_meanwhile`: nothing, because the
 * rollout was changed during the comparison.
 */
export type GuardDecision = 'waits' | 'completed' | 'reverted' | 'halted' | 'changed_meanwhile';

interface GuardSettings {
  /** Seconds between two comparisons of a rollout's versions. */
  readonly lookS: number;
  /** An unfinished plan counts as not completed when this number of seconds has passed since its start. */
  readonly settleS: number;
  /** Seconds after a comparison in which gateways may choose the candidate. */
  readonly graceS: number;
}

interface Dependencies {
  readonly rollouts: RolloutGuardRepository;
  readonly counts: RolloutCountsRepository;
  readonly settings: GuardSettings;
  /** Called after each comparison. */
  readonly report: (rollout: ClaimedRollout, finding: GuardFinding, decision: GuardDecision) => void;
}

/**
 * Watches rollouts that have a guard (docs/spec/rollout.md#guard). Several services may run guards: a rollout is
 * examined by one of them at a time, and all state is in Postgres.
 */
export class RolloutGuard {
  constructor(private readonly dependencies: Dependencies) {}

  /**
   * Compares the versions of each rollout that is due. Completes, reverts or halts the rollout if the finding calls for
   * it.
   */
  async run(): Promise<void> {
    const { rollouts, settings, report } = this.dependencies;
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const rollout = await rollouts.claim(settings);
      if (!rollout) return;
      const { countedFrom: from, margin, tests, watchUntil } = rollout;
      const counts = await this.dependencies.counts.count({ ...rollout, from, to: this.settledAt(rollout) });
      const finding = judgeRollout(counts, { margin: margin / 10_000, tests });
      const isWatched = counts.until === undefined || counts.until < watchUntil;
      report(rollout, finding, await this.decide(rollout, finding, isWatched));
    }
  }

  /**
   * Returns the settlement time: only plans that started before it count, because later ones may still be unfinished.
   */
  private settledAt({ now }: ClaimedRollout): Date {
    return new Date(now.getTime() - this.dependencies.settings.settleS * 1000);
  }

  /**
   * Acts on a finding. `isWatched`: not all ended plans of the watched time are recorded, so the candidate must not be
   * published yet.
   */
  private async decide(rollout: ClaimedRollout, finding: GuardFinding, isWatched: boolean): Promise<GuardDecision> {
    const { rollouts } = this.dependencies;
    if (finding.verdict === 'lower') return this.goBack(rollout, finding);
    if (finding.verdict === 'not_lower' && !isWatched) return this.complete(rollout, finding);
    await rollouts.save(rollout, finding);
    return 'waits';
  }

  private async complete(rollout: ClaimedRollout, finding: GuardFinding): Promise<GuardDecision> {
    const { rollouts } = this.dependencies;
    const isDone = await rollouts.decide(rollout, finding, async (manager, flow) => {
      const reason = `The guard found no drop of the completion rate: ${ratesOf(finding)}.`;
      const version = await rollouts.findCandidate(manager, flow);
      const change = { version, reason, finding: factsOf(rollout, finding), action: 'rollout_completed' } as const;
      await new TypeormFlowChange(manager, rollouts.options).makeCurrent(flow, change);
    });
    return isDone ? 'completed' : 'changed_meanwhile';
  }

  /**
   * Ends the rollout. If the current version may protect accounts less than the candidate, only halts the growth of the
   * share instead.
   */
  private async goBack(rollout: ClaimedRollout, finding: GuardFinding): Promise<GuardDecision> {
    const { rollouts } = this.dependencies;
    const differences = protectionDifferences(...(await rollouts.findDocuments(rollout)), findContract);
    const facts = factsOf(rollout, finding);
    const isDone = await rollouts.decide(rollout, finding, async (manager, flow) => {
      if (differences.length > 0)
        return new TypeormRolloutChange(manager, rollouts.options).halt(flow, differences, facts);
      const reason = `The completion rate has dropped by more than ${rollout.margin / 100} percentage points: ${ratesOf(finding)}.`;
      return new TypeormFlowChange(manager, rollouts.options).stopRollout(flow, { reason, finding: facts });
    });
    if (!isDone) return 'changed_meanwhile';
    return differences.length > 0 ? 'halted' : 'reverted';
  }
}

const CONTRACTS: ReadonlyMap<string, StageContract> = new Map(
  [...builtInContracts.stages.values()].map((contract) => [contract.kind, contract]),
);
const findContract = (kind: string) => CONTRACTS.get(kind);

const factsOf = ({ margin }: ClaimedRollout, { current, candidate, test }: GuardFinding): GuardFacts => ({
  ...{ margin: margin / 100, current, candidate, ...test },
});

const ratesOf = ({ current, candidate }: GuardFinding) => `${rateOf(candidate)}, before ${rateOf(current)}`;

const rateOf = ({ rate, plans, networks }: VersionSummary) =>
  `${((rate ?? 0) * 100).toFixed(1)} % of ${plans} plans from ${networks} networks`;
