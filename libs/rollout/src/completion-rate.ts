import { type NetworkCount, type WeightedNetwork, weighNetworks } from './network-weights.js';

/** The share of plans that were completed, with networks weighted, and its variance. */
export interface CompletionRate {
  readonly rate: number;
  readonly variance: number;
}

/**
 * Returns the weighted share of completed plans; `undefined` if there are fewer than 100 networks.
 *
 * There are two estimates of the variance, and the larger one is returned. The first treats plans as independent; one
 * completed and one other plan are added, so that it is not zero when all plans were completed (Agresti and Caffo). The
 * second treats networks as independent, because plans from one network resemble each other (cluster-robust).
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
