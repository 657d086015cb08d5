import { describe, expect, it } from 'vitest';
import { RolloutArgumentError } from './rollout-argument-error.js';
import { formatGuard, parseGuard, parsePercent, parseWatchTime } from './rollout-arguments.js';

describe('the arguments of a rollout', () => {
  it.each([
    ['10', 1000],
    ['0.01', 1],
    ['2.5', 250],
    ['100', 10_000],
  ])('has a share for --percent %s', (text, share) => {
    expect(parsePercent(text)).toBe(share);
  });

  it.each(['0', '0.001', '100.01', '-5', '5%', 'ten', '', '1e1'])('has no share for --percent %j', (text) => {
    expect(() => parsePercent(text)).toThrow(RolloutArgumentError);
  });

  it.each([
    ['60s', 60],
    ['90m', 5400],
    ['1h', 3600],
    ['7d', 604_800],
  ])('has a time for --for %s', (text, seconds) => {
    expect(parseWatchTime(text)).toBe(seconds);
  });

  it.each(['59s', '8d', '1', 'h', '1 h', '-1h', '1.5h', '0h', '99999999h', '1w'])(
    'has no time for --for %j',
    (text) => {
      expect(() => parseWatchTime(text)).toThrow(RolloutArgumentError);
    },
  );

  it.each([
    ['completion=-2%', 200],
    ['completion=-0.5%', 50],
    ['completion=-99.99%', 9999],
  ])('has a margin for --guard %s, and writes it alike', (text, margin) => {
    expect(parseGuard(text)).toEqual({ measure: 'completion', margin });
    expect(formatGuard(parseGuard(text))).toBe(text);
  });

  it.each(['completion=2%', 'completion=-2', 'completion=-0%', 'completion=-100%', 'errors=-2%', ''])(
    'has no margin for --guard %j',
    (text) => {
      expect(() => parseGuard(text)).toThrow(RolloutArgumentError);
    },
  );

  it('says in one line what was expected', () => {
    expect(() => parseGuard(`completion\n${'x'.repeat(200)}`)).toThrow(/^[^\n]{1,220}$/);
  });
});
