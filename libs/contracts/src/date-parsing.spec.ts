import { describe, expect, it } from 'vitest';
import { parseDate, parseDateTime } from './date-parsing.js';

/**
 * Texts, each with the date and date-time to which Python 3.12's `fromisoformat` or Django's looser formats parse the
 * text.
 */
const TABLE: [text: string, date: string | undefined, dateTime: string | undefined][] = [
  ['2024-01-01', '2024-01-01', '2024-01-01T00:00:00Z'],
  ['20240101', '2024-01-01', '2024-01-01T00:00:00Z'],
  ['2024-W01-1', '2024-01-01', '2024-01-01T00:00:00Z'],
  ['2024-W01', '2024-01-01', '2024-01-01T00:00:00Z'],
  ['2024W017', '2024-01-07', '2024-01-07T00:00:00Z'],
  ['2020-W53-7', '2021-01-03', '2021-01-03T00:00:00Z'],
  ['2024-W53-1', undefined, undefined],
  ['2024-W00-1', undefined, undefined],
  ['2024-W01-8', undefined, undefined],
  ['2024-0101', undefined, undefined],
  ['2024-001', undefined, undefined],
  // Single digits are accepted in a date, and in a date-time with a time.
  ['2024-1-5', '2024-01-05', undefined],
  ['2024-1-5T1:5', undefined, '2024-01-05T01:05:00Z'],
  ['2024-02-30', undefined, undefined],
  ['0000-01-01', undefined, undefined],
  ['0001-01-01', '0001-01-01', '0001-01-01T00:00:00Z'],
  ['9999-W52-7', undefined, undefined],
  // Surrounding white space is not accepted.
  [' 2024-01-01', undefined, undefined],
  ['2024-01-01 ', undefined, undefined],
  ['2024-01-01T10', undefined, '2024-01-01T10:00:00Z'],
  ['20240101T100000', undefined, '2024-01-01T10:00:00Z'],
  ['20240101T1030', undefined, '2024-01-01T10:30:00Z'],
  ['2024-W01-1T10:30:15', undefined, '2024-01-01T10:30:15Z'],
  ['2024-W01-10', undefined, '2024-01-01T10:00:00Z'],
  ['2024-01-01t10:00Z', undefined, '2024-01-01T10:00:00Z'],
  ['2024-01-01t10:00z', undefined, undefined],
  ['2024-01-01T10:00z', undefined, undefined],
  ['2024-01-01T10:00:00.1234567', undefined, '2024-01-01T10:00:00.123456Z'],
  ['2024-01-01T10:00:00,5', undefined, '2024-01-01T10:00:00.500000Z'],
  ['20240101T100000.5', undefined, '2024-01-01T10:00:00.500000Z'],
  ['2024-01-01T10:00:00.', undefined, undefined],
  ['2024-01-01T', undefined, undefined],
  ['2024-01-01T1:00', undefined, '2024-01-01T01:00:00Z'],
  ['2024-01-01T24:00', undefined, undefined],
  ['2024-01-01T10:60', undefined, undefined],
  ['2024-01-01T10:3015', undefined, undefined],
  ['2024-01-01T10:00 +01:00', undefined, '2024-01-01T09:00:00Z'],
  ['2024-01-01T10+02', undefined, '2024-01-01T08:00:00Z'],
  ['2024-01-01T10:00-0130', undefined, '2024-01-01T11:30:00Z'],
  ['2024-01-01T10:00+01:30:15', undefined, '2024-01-01T08:29:45Z'],
  ['2024-01-01T10:00+01:30:15.25', undefined, '2024-01-01T08:29:44.750000Z'],
  ['2024-01-01T10:00+01:99', undefined, '2024-01-01T07:21:00Z'],
  ['2024-01-01T10:00+24:00', undefined, undefined],
  ['0001-01-01T00:30+01:00', undefined, undefined],
  ['9999-12-31T23:30-01:00', undefined, undefined],
  // Python accepts these texts but misreads them, so Gatehouse refuses them.
  ['2024-01-01T10:30.5', undefined, undefined],
  ['2024010110', undefined, undefined],
  ['2024-01-01T10:30:x+01:00', undefined, undefined],
];

describe('a date text', () => {
  it.each(TABLE)('%j is parsed to the date %s and the date-time %s', (text, date, dateTime) => {
    expect([parseDate(text)?.value, parseDateTime(text)?.value]).toEqual([date, dateTime]);
  });
});

it('a value that is no string is not parsed as a date or date-time', () => {
  for (const value of [20240101, true, null, undefined, ['2024-01-01'], {}]) {
    expect(parseDate(value)).toBeUndefined();
    expect(parseDateTime(value)).toBeUndefined();
  }
});
