import { completionRate } from './completion-rate.js';
import {
  dropProbability,
  isEnough,
  levelOfNextTest,
  planCount,
  type RolloutCounts,
  sizeOfNextTest,
} from './drop-test.js';
import type { NetworkCount } from './network-weights.js';

/** The plans of a version since the counting began, and their weighted completion rate. */
export interface VersionSummary {
  readonly plans: number;
  readonly completed: number;
  readonly networks: number;
  /** Weighted completion rate, from 0 to 1; undefined for fewer than 100 networks. */
  readonly rate?: number | undefined;
}

/**
 * What a guard has found when it compared the completion rates of the current version and the candidate
 * (docs/spec/rollout.md#guard).
 */
export interface GuardFinding {
  /**
   * `too_few`: there is not enough data. `lower`: the completion rate has dropped by more than the margin. `unclear`:
   * the drop is larger than the margin, but may be due to chance. `not_lower`: the drop is not larger than the margin.
   */
  readonly verdict: 'too_few' | 'lower' | 'unclear' | 'not_lower';
  readonly current: VersionSummary;
  readonly candidate: VersionSummary;
  /** Number of statistical tests in this rollout so far, including the present one. */
  readonly tests: number;
  /** The p-value (`probability`) and the significance level of the present test; undefined if no test was due. */
  readonly test?: { readonly probability: number; readonly level: number } | undefined;
}

/** The guard's settings and progress in a rollout. */
export interface GuardedRollout {
  /** Allowed drop of the completion rate, from 0 to 1. */
  readonly margin: number;
  /** Number of statistical tests in this rollout so far. */
  readonly tests: number;
}

/**
 * Compares the versions of a rollout. Makes a statistical test only when the version with fewer plans has grown by a
 * quarter since the last test.
 */
export function judgeRollout(counts: RolloutCounts, { margin, tests }: GuardedRollout): GuardFinding {
  const [current, candidate] = [summaryOf(counts.current), summaryOf(counts.candidate)];
  // Without a completed plan of either version, a drop cannot be found. This is the case until the first ended plan is
  // recorded.
  const isEmpty = current.completed + candidate.completed === 0;
  if (isEmpty || !isEnough(counts)) return { verdict: 'too_few', current, candidate, tests };
  const seemsLower = (current.rate ?? 0) - (candidate.rate ?? 0) > margin;
  const verdict = seemsLower ? 'unclear' : 'not_lower';
  const isDue = Math.min(current.plans, candidate.plans) >= sizeOfNextTest(tests);
  if (!isDue) return { verdict, current, candidate, tests };
  const test = { probability: dropProbability(counts, margin), level: levelOfNextTest(tests) };
  const isLower = test.probability < test.level;
  return { verdict: isLower ? 'lower' : verdict, current, candidate, tests: tests + 1, test };
}

const summaryOf = (networks: readonly NetworkCount[]): VersionSummary => ({
  plans: planCount(networks),
  completed: networks.reduce((sum, { completed }) => sum + completed, 0),
  networks: networks.length,
  rate: completionRate(networks)?.rate,
});
