import { expect, it } from 'vitest';
import { relativeTime } from './relative-time.js';

const now = new Date('2026-01-10T12:00:00Z');

it.each([
  ['2026-01-10T11:59:30Z', 'now'],
  ['2026-01-10T12:00:30Z', 'now'],
  ['2026-01-10T11:58:59Z', '1 minute ago'],
  ['2026-01-10T09:30:00Z', '2 hours ago'],
  ['2026-01-09T11:00:00Z', 'yesterday'],
  ['2025-12-31T12:00:00Z', '10 days ago'],
])('the time %s is formatted as "%s"', (then, expected) => {
  expect(relativeTime('en', new Date(then), now)).toBe(expected);
});

it('a relative time is formatted in the language of the page', () => {
  expect(relativeTime('de', new Date('2026-01-10T09:30:00Z'), now)).toBe('vor 2 Stunden');
});
