import { describe, expect, it } from 'vitest';
import { formatPercent } from './percent.js';

describe('formatPercent', () => {
  it.each([
    ['%s and %s', ['a', 1], 'a and 1'],
    ['%d%%', [99.9], '99%'],
    ['%i', [true], '1'],
    ['%s %s %s', [null, true, [1, 'x']], "None True [1, 'x']"],
    ['%r %r', ["it's", 'a\n'], `"it's" 'a\\n'`],
    ['%r', [{ a: { b: null } }], "{'a': {'b': None}}"],
    ['%s', [['a\u0000']], "['a\\x00']"],
    ['100%% sure', [], '100% sure'],
  ])('formats %j with %j', (format, values, expected) => {
    expect(formatPercent(format, values)).toBe(expected);
  });

  it.each([
    ['%s', [], 'not enough arguments for format string'],
    ['no place', ['x'], 'not all arguments converted during string formatting'],
    ['%d', ['12'], '%d format: a real number is required'],
    ['%y', ['x'], "unsupported format character 'y'"],
    ['50%', [], 'incomplete format'],
  ])('refuses %j with %j', (format, values, message) => {
    expect(() => formatPercent(format, values)).toThrow(message);
  });
});
