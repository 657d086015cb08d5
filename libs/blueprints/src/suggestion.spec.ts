import { expect, it } from 'vitest';
import { closestTo, suggestion } from './suggestion.js';

it('a suggestion names the closest choice, and all choices', () => {
  expect(suggestion('titel', ['title', 'slug'], 'Fields')).toBe(' Did you mean title? Fields: title, slug.');
});

it('closestTo compares no word of more than 256 characters, because the time grows with both lengths', () => {
  const long = 'x'.repeat(257);
  expect([closestTo(long.slice(1), [long]), closestTo(long, [`${long}x`])]).toEqual([long, undefined]);
});
