import { describe, expect, it } from 'vitest';
import { equalNetworks, randomNumbers } from '../testing/traffic.js';
import { MAX_NETWORK_SHARE, weighNetworks } from './network-weights.js';

const shares = (sizes: readonly number[]) => {
  const weighted = weighNetworks(sizes.map((plans, n) => ({ network: String(n), plans, completed: plans })));
  const total = weighted?.reduce((sum, { weight }) => sum + weight, 0) ?? Number.NaN;
  return weighted?.map(({ weight }) => weight / total);
};

describe('the weight of a network', () => {
  it('is the number of its plans while all networks are small', () => {
    expect(weighNetworks(equalNetworks(200, 3, 1))?.map(({ weight }) => weight)).toEqual(Array(200).fill(3));
  });

  it('is at most 1 % of all weights, even for a large network', () => {
    const found = shares([1_000_000, 500, ...Array(300).fill(1)])!;
    expect(found[0]).toBeCloseTo(0.01, 9);
    expect(found[1]).toBeCloseTo(0.01, 9);
    expect(found[2]).toBeCloseTo(0.98 / 300, 9);
  });

  it('is 1 % for each of 100 networks, and undefined for fewer networks', () => {
    expect(shares([7, 100_000, ...Array(98).fill(1)])).toEqual(Array(100).fill(expect.closeTo(0.01, 9)));
    expect(shares([7, 100_000, ...Array(97).fill(1)])).toBeUndefined();
    expect(shares([])).toBeUndefined();
  });

  it('never exceeds 1 % for random sizes', () => {
    const random = randomNumbers(7);
    for (let run = 0; run < 200; run++) {
      const sizes = Array.from({ length: 100 + Math.floor(random() * 400) }, () => Math.ceil(1 / (random() + 1e-4)));
      const found = shares(sizes)!;
      expect(Math.max(...found)).toBeLessThan(MAX_NETWORK_SHARE * (1 + 1e-6));
      expect(found.reduce((sum, share) => sum + share)).toBeCloseTo(1, 9);
    }
  });
});
