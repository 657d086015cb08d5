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

/** The counts and the weighted rate of a version. */
export interface VersionSummary {
  readonly plans: number;
  readonly completed: number;
  readonly networks: number;
  /** Undefined for fewer than 100 networks. */
  readonly rate?: number | undefined;
}

/** What a guard has found at one look. */
export interface GuardFinding {
  /**
   * `too_few`: not enough data. `lower`: the rate has dropped by more than the margin. `unclear`: it seems so, without
   * enough data to say so. `not_lower`: neither.
   */
  readonly verdict: 'too_few' | 'lower' | 'unclear' | 'not_lower';
  readonly current: VersionSummary;
  readonly candidate: VersionSummary;
  /** Number of tests of this rollout, with this one. */
  readonly tests: number;
  /** The probability and the level of the test of this look; undefined if none was due. */
  readonly test?: { readonly probability: number; readonly level: number } | undefined;
}

/** The rollout that a guard looks at. */
export interface GuardedRollout {
  /** Allowed drop of the rate, from 0 to 1. */
  readonly margin: number;
  /** Number of tests before this look. */
  readonly tests: number;
}

/** Compares the versions of a rollout. A test is made only each time that the smaller version has grown by a quarter. */
export function judgeRollout(counts: RolloutCounts, { margin, tests }: GuardedRollout): GuardFinding {
  const [current, candidate] = [summaryOf(counts.current), summaryOf(counts.candidate)];
  if (!isEnough(counts)) return { verdict: 'too_few', current, candidate, tests };
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
