import { completionRate } from './completion-rate.js';
import { type NetworkCount, type WeightedNetwork, weighNetworks } from './network-weights.js';
import { normalUpperTail } from './normal-distribution.js';

/** Fewest plans of each version that are compared. */
export const MIN_PLANS = 200;

/** Fewest networks of each version that are compared, after SET_ASIDE networks of each day are set aside. */
export const MIN_NETWORKS = 100;

/** Networks of each day that are set aside because attackers may control them. */
export const SET_ASIDE = 20;

/** The probability of an alarm in a whole rollout whose rate has dropped by exactly the allowed margin. */
export const ALARM_PROBABILITY = 0.01;

/** Growth of the smaller version between two tests. */
const GROWTH = 1.25;

/** The plans of both versions since a time. */
export interface RolloutCounts {
  readonly current: readonly NetworkCount[];
  readonly candidate: readonly NetworkCount[];
  /** Days (UTC) since that time. A network has another hash on each day. */
  readonly days: number;
}

/** Returns whether there is enough data to compare both versions. */
export function isEnough({ current, candidate, days }: RolloutCounts): boolean {
  return [current, candidate].every(
    (networks) => planCount(networks) >= MIN_PLANS && networks.length >= MIN_NETWORKS + SET_ASIDE * days,
  );
}

/** Returns the number of plans. */
export const planCount = (networks: readonly NetworkCount[]): number =>
  networks.reduce((sum, { plans }) => sum + plans, 0);

/** Returns the number of plans that the smaller version must have for the next test after `tests` tests. */
export const sizeOfNextTest = (tests: number): number => Math.ceil(MIN_PLANS * GROWTH ** tests);

/**
 * Returns the level of the test after `tests` tests. The sum of all levels is ALARM_PROBABILITY, so however many tests a
 * rollout has, an alarm without a cause is no likelier than that.
 */
export const levelOfNextTest = (tests: number): number => ALARM_PROBABILITY / ((tests + 1) * (tests + 2));

/**
 * Returns the probability of a drop as large as the one that was observed, if the true drop is `margin`. It is small only
 * if the drop is also there without the networks that show it most: SET_ASIDE of each day are left out on both sides.
 * Returns 1 if there is not enough data.
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

/** Returns the networks without the `aside` ones whose counted plans weigh most. */
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
