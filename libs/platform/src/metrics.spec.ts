import { expect, it } from 'vitest';
import { boundedLabel } from './metrics.js';

it('a bounded label keeps the first values, also when they come again, and calls all others “other”', () => {
  const label = boundedLabel(2);
  expect(['a', 'b', 'a', 'c', 'b', 'd'].map(label)).toEqual(['a', 'b', 'a', 'other', 'b', 'other']);
  expect(boundedLabel(0)('a')).toBe('other');
});
