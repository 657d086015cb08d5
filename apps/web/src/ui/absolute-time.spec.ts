import { expect, it } from 'vitest';
import { absoluteTime } from './absolute-time.js';

it.each([
  ['en', 'March 14, 2026 at 9:26 AM UTC'],
  ['de', '14. März 2026 um 09:26 UTC'],
  ['fr', '14 mars 2026 à 09:26 UTC'],
  ['es', '14 de marzo de 2026 a las 9:26 UTC'],
  ['ar', '14 مارس 2026 في 9:26 ص UTC'],
])('a time in UTC is formatted with its zone in the language %s: %s', (locale, expected) => {
  expect(absoluteTime(locale, new Date('2026-03-14T09:26:53Z'), 'utc').replaceAll(/\s/gu, ' ')).toBe(expected);
});
