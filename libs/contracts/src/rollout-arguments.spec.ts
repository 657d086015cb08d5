import { describe, expect, it } from 'vitest';
import { formatGuard, parseGuard, parsePercent, parseWatchTime } from './rollout-arguments.js';

describe('the arguments of a rollout', () => {
  it.each([
    ['10', 1000],
    ['0.01', 1],
    ['2.5', 250],
    ['100', 10_000],
  ])('parse the percent %s to the share %s', (text, share) => {
    expect(parsePercent(text)).toBe(share);
  });

  it.each(['0', '0.001', '100.01', '-5', '5%', 'ten', '', '1e1', 'NaN', 'Infinity'])(
    'refuse the percent %j',
    (text) => {
      expect(parsePercent(text)).toBeUndefined();
    },
  );

  it.each([
    ['60s', 60],
    ['90m', 5400],
    ['1h', 3600],
    ['7d', 604_800],
  ])('parse the time %s to %s seconds', (text, seconds) => {
    expect(parseWatchTime(text)).toBe(seconds);
  });

  it.each(['59s', '8d', '1', 'h', '1 h', '-1h', '1.5h', '0h', '99999999h', '1w'])('refuse the time %j', (text) => {
    expect(parseWatchTime(text)).toBeUndefined();
  });

  it.each([
    ['completion=-2%', 200],
    ['completion=-0.5%', 50],
    ['completion=-99.99%', 9999],
  ])('parse the guard %s to the margin %s, and format it as the same text', (text, margin) => {
    expect(parseGuard(text)).toEqual({ measure: 'completion', margin });
    expect(formatGuard({ measure: 'completion', margin })).toBe(text);
  });

  it.each(['completion=2%', 'completion=-2', 'completion=-0%', 'completion=-100%', 'errors=-2%', ''])(
    'refuse the guard %j',
    (text) => {
      expect(parseGuard(text)).toBeUndefined();
    },
  );
});
