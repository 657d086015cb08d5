import { expect, it } from 'vitest';
import { boundedLabel } from './metrics.js';

it('boundedLabel returns the first values unchanged whenever they occur, and `other` for all further values', () => {
  const label = boundedLabel(2);
  expect(['a', 'b', 'a', 'c', 'b', 'd'].map(label)).toEqual(['a', 'b', 'a', 'other', 'b', 'other']);
  expect(boundedLabel(0)('a')).toBe('other');
});
