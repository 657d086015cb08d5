import { type NetworkCount, type WeightedNetwork, weighNetworks } from './network-weights.js';

/** A weighted rate of completed plans, with its variance. */
export interface CompletionRate {
  readonly rate: number;
  readonly variance: number;
}

/**
 * Returns the weighted share of completed plans; `undefined` for fewer than 100 networks.
 *
 * The variance is the larger of two: that of independent plans, with one completed and one other plan added, so that it
 * is not zero when all plans have completed (Agresti and Caffo), and that of independent networks, because the plans of
 * one network resemble each other (cluster-robust).
 */
export function completionRate(networks: readonly NetworkCount[]): CompletionRate | undefined {
  const weighted = weighNetworks(networks);
  if (!weighted) return undefined;
  const total = sumOf(weighted, ({ weight }) => weight);
  const rate = sumOf(weighted, (network) => network.weight * rateOf(network)) / total;
  const spread = sumOf(weighted, ({ weight, plans }) => weight ** 2 / plans) / total ** 2;
  const size = 1 / spread;
  const adjusted = (size * rate + 1) / (size + 2);
  const ofPlans = (adjusted * (1 - adjusted)) / (size + 2);
  const ofNetworks =
    (weighted.length / (weighted.length - 1)) *
    (sumOf(weighted, (network) => (network.weight * (rateOf(network) - rate)) ** 2) / total ** 2);
  return { rate, variance: Math.max(ofPlans, ofNetworks) };
}

const rateOf = ({ plans, completed }: NetworkCount) => completed / plans;

const sumOf = (networks: readonly WeightedNetwork[], value: (network: WeightedNetwork) => number) =>
  networks.reduce((sum, network) => sum + value(network), 0);
