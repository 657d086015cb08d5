import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { duration, isDuration, MAX_DURATION_S, parseDuration, seconds } from './duration.js';

describe('parseDuration', () => {
  it.each([
    ['hours=3;minutes=1', 10_860],
    ['seconds=0', 0],
    ['weeks=1;days=1;hours=1;minutes=1;seconds=1', 694_861],
    ['milliseconds=1500', 1.5],
    ['microseconds=1000000', 1],
    ['HOURS=1', 3600],
    [' hours = 1 ; minutes = 2 ', 3720],
    ['hours=1.5', 5400],
    ['hours=-1;minutes=90', 1800],
    ['fortnights=1;hours=1', 3600],
    ['hours=1;', 3600],
  ])('%j is %d seconds', (text, expected) => {
    expect(parseDuration(text)).toBeCloseTo(expected, 6);
  });

  it.each(['', 'x', 'fortnights=1', '30', 'hours', 'hours=', 'hours=x', 'hours=1;minutes=x', 'hours=Infinity'])(
    'returns undefined for %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it('returns the same for any order of the parts', () => {
    const part = fc.tuple(
      fc.constantFrom('days', 'hours', 'minutes', 'seconds'),
      fc.integer({ min: -9999, max: 9999 }),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const texts = parts.map(([unit, number]) => `${unit}=${number}`);
        expect(parseDuration(texts.join(';'))).toBe(parseDuration(texts.reverse().join(';')));
      }),
    );
  });
});

describe('a duration in a config', () => {
  it('has the default of the field when the config omits it', () => {
    expect(seconds(duration('minutes=30').parse(undefined))).toBe(1800);
  });
  it('is refused with a message that quotes the text', () => {
    const parsed = duration('seconds=0').safeParse('soon');
    expect(parsed.error?.issues.map((issue) => issue.message)).toEqual([
      "soon is not in the correct format of 'hours=3;minutes=1'.",
    ]);
  });
  it('is refused when it is longer than a hundred years', () => {
    const accepts = (text: string) => duration('seconds=0').safeParse(text).success;

    expect([`seconds=${MAX_DURATION_S}`, 'days=-1'].map(accepts)).toEqual([true, true]);
    expect([`seconds=${MAX_DURATION_S + 1}`, 'weeks=1e300', 'weeks=-1e300'].map(accepts)).toEqual([
      false,
      false,
      false,
    ]);
  });
});

it('isDuration is true for config fields with a duration only', () => {
  const fields = [
    duration('hours=1').describe('A time.'),
    duration('hours=1').optional(),
    z.string().default('hours=1'),
  ];
  expect(fields.map(isDuration)).toEqual([true, true, false]);
});
