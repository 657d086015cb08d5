import { describe, expect, it } from 'vitest';
import { findLimit } from './find-limit.js';

async function search(limit: number, changes: object = {}) {
  const tried: number[] = [];
  const found = await findLimit({ from: 10, max: 1000, precision: 0.05, steps: 20, ...changes }, async (rate) => {
    tried.push(rate);
    return rate <= limit;
  });
  return { tried, found };
}

describe('the search for the highest rate', () => {
  it('doubles the rate until a load fails, then bisects to the precision', async () => {
    const { tried, found } = await search(50);
    expect(tried).toEqual([10, 20, 40, 80, 60, 50, 55, 52.5]);
    expect(found).toEqual({ passed: 50, failed: 52.5 });
  });

  it('halves the rate until a load passes', async () => {
    const { tried, found } = await search(3, { precision: 0.5 });
    expect(tried).toEqual([10, 5, 2.5]);
    expect(found).toEqual({ passed: 2.5, failed: 5 });
  });

  it('tries no rate above the maximum', async () => {
    const { tried, found } = await search(Number.POSITIVE_INFINITY, { max: 30 });
    expect(tried).toEqual([10, 20, 30]);
    expect(found).toEqual({ passed: 30, failed: undefined });
  });

  it('ends after the largest number of loads', async () => {
    const { tried, found } = await search(0, { steps: 3 });
    expect(tried).toEqual([10, 5, 2.5]);
    expect(found).toEqual({ passed: undefined, failed: 2.5 });
  });
});
