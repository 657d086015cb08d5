import { expect, it } from 'vitest';
import { gateTable, isWithinBound } from './report.js';

const low = { name: 'dummy: the last answer', ratio: 1.48, bound: 1.65 };
const high = { name: 'a login', ratio: 2.3, bound: 2.25 };

it('a ratio passes up to its bound, and fails above it', () => {
  expect(isWithinBound({ ...low, ratio: low.bound })).toBe(true);
  expect(isWithinBound(high)).toBe(false);
});

it('the table of the gate shows for each ratio whether it passes', () => {
  const [, , passing, failing] = gateTable([low, high]).split('\n');

  expect(passing).toBe('| dummy: the last answer | 1.48 | 1.65 | pass |');
  expect(failing).toBe('| a login | 2.30 | 2.25 | FAIL |');
});
