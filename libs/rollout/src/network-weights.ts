/** Plans of one network on one version: how many there are, and how many of them were completed. */
export interface NetworkCount {
  /** Keyed hash of the network, in hex; the empty text for plans whose network is unknown. */
  readonly network: string;
  readonly plans: number;
  readonly completed: number;
}

/** A network with the weight that it has in its version's completion rate. */
export interface WeightedNetwork extends NetworkCount {
  readonly weight: number;
}

/** Largest share of a version's completion rate that one network may contribute. */
export const MAX_NETWORK_SHARE = 0.01;

/**
 * Returns the networks with weights. A weight is the number of plans, but at most MAX_NETWORK_SHARE of the sum of all
 * weights. Returns `undefined` for fewer than 100 networks, because their shares cannot all be that small.
 */
export function weighNetworks(networks: readonly NetworkCount[]): WeightedNetwork[] | undefined {
  const cap = weightCap(networks.map(({ plans }) => plans));
  return cap === undefined
    ? undefined
    : networks.map((network) => ({ ...network, weight: Math.min(network.plans, cap) }));
}

/**
 * Returns the largest weight: larger numbers of plans are cut to it, and it is MAX_NETWORK_SHARE of the sum after the
 * cut.
 */
function weightCap(sizes: readonly number[]): number | undefined {
  const falling = sizes.toSorted((a, b) => b - a);
  let uncut = falling.reduce((sum, size) => sum + size, 0);
  for (const [cut, size] of falling.entries()) {
    const uncutShare = 1 - cut * MAX_NETWORK_SHARE;
    if (uncutShare <= MAX_NETWORK_SHARE / 2) return undefined;
    const cap = (MAX_NETWORK_SHARE * uncut) / uncutShare;
    // The tolerance is for rounding errors: without it, the last of exactly 100 networks could exceed the cap.
    if (size <= cap * (1 + 1e-9)) return cap;
    uncut -= size;
  }
  return undefined;
}
