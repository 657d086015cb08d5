import type { NetworkCount } from '../src/network-weights.js';

/** Returns reproducible pseudo-random numbers from 0 to 1 (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A flow version with simulated visitors. Their networks have very different sizes. */
export class SimulatedVersion {
  readonly #networks = new Map<number, { plans: number; completed: number }>();

  /** `rate` is the probability that a plan is completed. */
  constructor(
    private readonly random: () => number,
    private readonly rate: number,
    private readonly networks: number,
  ) {}

  /**
   * Adds plans. Each plan comes from a random network. The network of rank r is chosen with a probability that falls
   * with the square root of r.
   */
  add(plans: number): void {
    for (let n = 0; n < plans; n++) {
      const network = Math.floor(this.random() ** 2 * this.networks);
      const count = this.#networks.get(network) ?? { plans: 0, completed: 0 };
      count.plans += 1;
      if (this.random() < this.rate) count.completed += 1;
      this.#networks.set(network, count);
    }
  }

  get counts(): NetworkCount[] {
    return [...this.#networks].map(([network, count]) => ({ network: String(network), ...count }));
  }
}

/** Returns networks with equal numbers of plans and of completed plans. */
export const equalNetworks = (networks: number, plans: number, completed: number): NetworkCount[] =>
  Array.from({ length: networks }, (_, n) => ({ network: `n${n}`, plans, completed }));
