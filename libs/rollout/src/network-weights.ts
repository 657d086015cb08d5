/** The plans of one network on one version, of those that count. */
export interface NetworkCount {
  /** Keyed hash of the network, in hex; the empty text for plans whose network is unknown. */
  readonly network: string;
  readonly plans: number;
  readonly completed: number;
}

/** A network with its weight in the rate of its version. */
export interface WeightedNetwork extends NetworkCount {
  readonly weight: number;
}

/** Largest share of a version's rate that one network may have. */
export const MAX_NETWORK_SHARE = 0.01;

/**
 * Returns the networks with weights: the number of their plans, but at most MAX_NETWORK_SHARE of the sum of all weights.
 * Returns `undefined` for fewer than 100 networks, which cannot all have so small a share.
 */
export function weighNetworks(networks: readonly NetworkCount[]): WeightedNetwork[] | undefined {
  const cap = weightCap(networks.map(({ plans }) => plans));
  return cap === undefined
    ? undefined
    : networks.map((network) => ({ ...network, weight: Math.min(network.plans, cap) }));
}

/** Returns the weight that equals MAX_NETWORK_SHARE of the sum of all weights after larger ones are cut to it. */
function weightCap(sizes: readonly number[]): number | undefined {
  const falling = sizes.toSorted((a, b) => b - a);
  let uncut = falling.reduce((sum, size) => sum + size, 0);
  for (const [cut, size] of falling.entries()) {
    const uncutShare = 1 - cut * MAX_NETWORK_SHARE;
    if (uncutShare <= MAX_NETWORK_SHARE / 2) return undefined;
    const cap = (MAX_NETWORK_SHARE * uncut) / uncutShare;
    // Without the tolerance, the last of exactly 100 networks could exceed the cap by a rounding error.
    if (size <= cap * (1 + 1e-9)) return cap;
    uncut -= size;
  }
  return undefined;
}
