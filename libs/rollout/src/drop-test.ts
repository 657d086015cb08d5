import { completionRate } from './completion-rate.js';
import { type NetworkCount, type WeightedNetwork, weighNetworks } from './network-weights.js';
import { normalUpperTail } from './normal-distribution.js';

/** Number of plans that each version needs before both are compared. */
export const MIN_PLANS = 200;

/**
 * Number of networks that each version needs before both are compared, not counting SET_ASIDE networks for each day.
 */
export const MIN_NETWORKS = 100;

/** Number of networks per day that are left out of the comparison, because an attacker may control them. */
export const SET_ASIDE = 20;

/**
 * Upper limit of the probability that a rollout ever raises an alarm although the rate has dropped by no more than the
 * allowed margin.
 */
export const ALARM_PROBABILITY = 0.01;

/** Factor by which the version with fewer plans must grow between two tests. */
const GROWTH = 1.25;

/** Numbers of plans by network, for the current version and the candidate of a rollout, since the counting began. */
export interface RolloutCounts {
  readonly current: readonly NetworkCount[];
  readonly candidate: readonly NetworkCount[];
  /**
   * Number of days (UTC) since the counting began. The same network counts as a different one on each day, because its
   * hash changes daily.
   */
  readonly days: number;
}

/** Returns whether there is enough data to compare both versions. */
export function isEnough({ current, candidate, days }: RolloutCounts): boolean {
  return [current, candidate].every(
    (networks) => planCount(networks) >= MIN_PLANS && networks.length >= MIN_NETWORKS + SET_ASIDE * days,
  );
}

/** Returns the sum of the networks' plans. */
export const planCount = (networks: readonly NetworkCount[]): number =>
  networks.reduce((sum, { plans }) => sum + plans, 0);

/**
 * Returns the number of plans that the version with fewer plans needs for the next test. `tests` is the number of tests
 * so far.
 */
export const sizeOfNextTest = (tests: number): number => Math.ceil(MIN_PLANS * GROWTH ** tests);

/**
 * Returns the significance level of the next test. `tests` is the number of tests so far. The levels of all tests add
 * up to ALARM_PROBABILITY, so a false alarm stays that unlikely even if there are many tests.
 */
export const levelOfNextTest = (tests: number): number => ALARM_PROBABILITY / ((tests + 1) * (tests + 2));

/**
 * Returns the p-value of the test: the probability that chance alone makes a drop as large as the observed one, if the
 * true drop is `margin`. On both sides, leaves out the SET_ASIDE networks of each day that contribute most to the drop,
 * so that a few networks cannot cause an alarm. Returns 1 if there is not enough data.
 */
export function dropProbability(counts: RolloutCounts, margin: number): number {
  if (!isEnough(counts)) return 1;
  const aside = SET_ASIDE * counts.days;
  const current = completionRate(withoutHeaviest(counts.current, aside, ({ completed }) => completed));
  const candidate = completionRate(
    withoutHeaviest(counts.candidate, aside, ({ plans, completed }) => plans - completed),
  );
  if (!current || !candidate) return 1;
  const deviation = Math.sqrt(current.variance + candidate.variance);
  return normalUpperTail((current.rate - candidate.rate - margin) / deviation);
}

/**
 * Leaves out the `aside` networks that contribute most to the drop. `counted` returns the number of a network's plans
 * that contribute to it.
 */
function withoutHeaviest(
  networks: readonly NetworkCount[],
  aside: number,
  counted: (network: NetworkCount) => number,
): readonly NetworkCount[] {
  const harm = (network: WeightedNetwork) => (network.weight * counted(network)) / network.plans;
  return (
    weighNetworks(networks)
      ?.toSorted((a, b) => harm(b) - harm(a))
      .slice(aside) ?? []
  );
}
