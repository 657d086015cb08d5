import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ArrivalPlan, arrivalTimes } from './arrivals.js';

const plan = (changes: Partial<ArrivalPlan> = {}): ArrivalPlan => ({
  ...{ rate: 100, pattern: 'constant', rampMs: 0, durationMs: 10_000, seed: 1 },
  ...changes,
});

describe('the arrivals of visitors', () => {
  it('have equal intervals with the constant pattern', () => {
    expect([...arrivalTimes(plan({ rate: 4, durationMs: 1000 }))]).toEqual([125, 375, 625, 875]);
  });

  it('increase from zero to the full rate during the ramp, which has half as many arrivals', () => {
    const times = [...arrivalTimes(plan({ rampMs: 4000 }))];
    const between = (from: number, to: number) => times.filter((at) => at >= from && at < to).length;
    expect([between(0, 2000), between(2000, 4000), between(4000, 6000)]).toEqual([50, 150, 200]);
  });

  it('have random intervals with the Poisson pattern, and the configured mean rate', () => {
    const times = [...arrivalTimes(plan({ pattern: 'poisson', durationMs: 100_000 }))];
    // The standard deviation of 10,000 expected arrivals is 100.
    expect(Math.abs(times.length - 10_000)).toBeLessThan(500);
    const distances = times.slice(1).map((at, i) => at - times[i]!);
    const longerThanMean = distances.filter((distance) => distance > 10).length / distances.length;
    expect(longerThanMean).toBeCloseTo(Math.exp(-1), 1);
  });

  it('are the same for the same seed', () => {
    const times = (seed: number) => [...arrivalTimes(plan({ pattern: 'poisson', seed }))];
    expect(times(7)).toEqual(times(7));
    expect(times(7)).not.toEqual(times(8));
  });

  it('are in order and within the duration, and the shares of all generators contain each arrival once', () => {
    fc.assert(
      fc.property(
        fc.record({
          rate: fc.double({ min: 0.1, max: 50, noNaN: true }),
          pattern: fc.constantFrom('poisson' as const, 'constant' as const),
          rampMs: fc.integer({ min: 0, max: 5000 }),
          durationMs: fc.integer({ min: 5001, max: 10_000 }),
          seed: fc.nat(),
        }),
        fc.integer({ min: 1, max: 5 }),
        (arrivals, of) => {
          const all = [...arrivalTimes(arrivals)];
          expect(all).toEqual(all.toSorted((a, b) => a - b));
          expect(all.every((at) => at >= 0 && at < arrivals.durationMs)).toBe(true);
          const shares = Array.from({ length: of }, (_, index) => [...arrivalTimes(arrivals, { index, of })]);
          expect(shares.flat().toSorted((a, b) => a - b)).toEqual(all);
        },
      ),
      { numRuns: 50 },
    );
  });
});
