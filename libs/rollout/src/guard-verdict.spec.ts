import { describe, expect, it } from 'vitest';
import { equalNetworks, randomNumbers, SimulatedVersion } from '../testing/traffic.js';
import { levelOfNextTest, sizeOfNextTest } from './drop-test.js';
import { judgeRollout } from './guard-verdict.js';
import type { NetworkCount } from './network-weights.js';

const GUARD = { margin: 0.02, tests: 0 };
const judge = (current: readonly NetworkCount[], candidate: readonly NetworkCount[], days = 1) =>
  judgeRollout({ current, candidate, days }, GUARD);

describe('a guard', () => {
  it('makes no decision while a version has fewer than 200 plans or 120 networks', () => {
    const many = equalNetworks(150, 2, 2);
    expect(judge(many, equalNetworks(119, 50, 0)).verdict).toBe('too_few');
    expect(judge(many, equalNetworks(199, 1, 0)).verdict).toBe('too_few');
    expect(judge(equalNetworks(119, 50, 50), equalNetworks(150, 2, 0)).verdict).toBe('too_few');
    expect(judge([], []).verdict).toBe('too_few');
    expect(judge(many, equalNetworks(120, 2, 0)).verdict).toBe('lower');
  });

  it('needs 20 more networks for each further day, because the hash of a network changes daily', () => {
    const [current, candidate] = [equalNetworks(139, 5, 5), equalNetworks(139, 5, 0)];
    expect(judge(current, candidate).verdict).toBe('lower');
    expect(judge(current, candidate, 2).verdict).toBe('too_few');
  });

  it('computes the p-value of a drop from 360 to 300 completed plans of 400', () => {
    const current = [...equalNetworks(360, 1, 1), ...equalNetworks(40, 1, 0)];
    const candidate = [...equalNetworks(300, 1, 1), ...equalNetworks(100, 1, 0)];
    const { verdict, test, ...finding } = judge(current, candidate);
    expect(finding).toEqual({
      current: { plans: 400, completed: 360, networks: 400, rate: expect.closeTo(0.9, 9) },
      candidate: { plans: 400, completed: 300, networks: 400, rate: expect.closeTo(0.75, 9) },
      tests: 1,
    });
    // 20 networks are left out on each side: 20 completed plans of the current version, which leaves 340 of 380, and 20
    // others of the candidate, which leaves 300 of 380. With one completed and one other plan added for the variance: z
    // = (0.10526 - 0.02) / sqrt(0.000252 + 0.000441) = 3.24.
    expect(test).toEqual({ probability: expect.closeTo(0.0006, 4), level: 0.005 });
    expect(verdict).toBe('lower');
  });

  it('finds no drop if the candidate completes as many plans as the current version, or more', () => {
    expect(judge(equalNetworks(500, 50, 45), equalNetworks(500, 50, 45)).verdict).toBe('not_lower');
    expect(judge(equalNetworks(500, 50, 45), equalNetworks(500, 50, 50)).verdict).toBe('not_lower');
  });

  it('returns unclear if there are too few plans to tell a drop from chance', () => {
    const candidate = [...equalNetworks(190, 1, 1), ...equalNetworks(20, 1, 0)];
    expect(judge(equalNetworks(210, 1, 1), candidate).verdict).toBe('unclear');
  });

  it.each([
    ['on the candidate', 'candidate'],
    ['on the current version', 'current'],
  ] as const)('finds no drop if only 20 networks %s cause it, however many plans they have', (_, side) => {
    const random = randomNumbers(3);
    for (let run = 0; run < 20; run++) {
      const versions = {
        current: new SimulatedVersion(random, 0.9, 400),
        candidate: new SimulatedVersion(random, 0.9, 400),
      };
      versions.current.add(5000);
      versions.candidate.add(1000);
      const attackers = equalNetworks(20, 100_000, side === 'candidate' ? 0 : 100_000);
      const counts = { current: versions.current.counts, candidate: versions.candidate.counts };
      const attacked = { ...counts, [side]: [...counts[side], ...attackers] };
      expect(judge(attacked.current, attacked.candidate).verdict).not.toBe('lower');
    }
  });

  it('makes no further test until the version with fewer plans has grown by a quarter', () => {
    const [current, candidate] = [equalNetworks(240, 1, 1), equalNetworks(240, 1, 0)];
    const after = (tests: number) => judgeRollout({ current, candidate, days: 1 }, { margin: 0.02, tests });
    expect(after(0)).toMatchObject({ verdict: 'lower', tests: 1 });
    expect(after(1)).toMatchObject({ verdict: 'unclear', tests: 1 });
    expect(after(1).test).toBeUndefined();
    expect([0, 1, 2].map(sizeOfNextTest)).toEqual([200, 250, 313]);
  });

  it('shares the probability of a false alarm among all tests', () => {
    const levels = Array.from({ length: 1000 }, (_, tests) => levelOfNextTest(tests));
    expect(levels.slice(0, 3)).toEqual([0.005, 0.01 / 6, 0.01 / 12]);
    expect(levels.reduce((sum, level) => sum + level)).toBeLessThan(0.01);
  });
});

/**
 * Simulates `runs` rollouts, until both versions have some 1500 plans. Returns the number of rollouts in which the
 * guard found a lower rate. `rates` are the true rates of the current version and the candidate.
 */
function alarms(runs: number, rates: readonly [number, number]): number {
  return Array.from({ length: runs }, (_, run) => run).filter((seed) => {
    const random = randomNumbers(seed);
    const [current, candidate] = [
      new SimulatedVersion(random, rates[0], 600),
      new SimulatedVersion(random, rates[1], 600),
    ];
    let finding = judge([], []);
    for (let size = 0; size < 1500 && finding.verdict !== 'lower'; size += 50) {
      for (const version of [current, candidate]) version.add(50);
      if (size + 50 < sizeOfNextTest(finding.tests)) continue;
      const counts = { current: current.counts, candidate: candidate.counts, days: 1 };
      finding = judgeRollout(counts, { margin: 0.02, tests: finding.tests });
    }
    return finding.verdict === 'lower';
  }).length;
}

describe('a guard of simulated rollouts', () => {
  it.each([0.99, 0.7])(
    'raises no alarm in 40 rollouts whose completion rate drops from %d by exactly the margin',
    (rate) => {
      expect(alarms(40, [rate, rate - 0.02])).toBe(0);
    },
    120_000,
  );

  it('raises an alarm in each of 30 rollouts in which a step fails for a fifth of the visitors', () => {
    expect(alarms(30, [0.9, 0.72])).toBe(30);
  });
});
