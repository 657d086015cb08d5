import { describe, expect, it } from 'vitest';
import { MAX_DEPTH, MAX_VALUES, YamlSource } from './yaml-source.js';

const read = (text: string) => new YamlSource(text).value;

describe('YamlSource', () => {
  it('accepts JSON', () => {
    expect(read('{"a": [1, true, null, "x"]}')).toEqual({ a: [1, true, null, 'x'] });
  });

  it('resolves anchors and merges', () => {
    const text = 'base: &base {a: 1, b: 1}\none: *base\ntwo: {<<: *base, b: 2}';
    expect(read(text)).toEqual({ base: { a: 1, b: 1 }, one: { a: 1, b: 1 }, two: { a: 1, b: 2 } });
  });

  it('prefers the first of several merged maps', () => {
    expect(read('two: {<<: [{a: 1}, {a: 2, b: 2}], c: 3}')).toEqual({ two: { a: 1, b: 2, c: 3 } });
  });

  it('reads booleans and dates as in YAML 1.1, except that y and N are strings', () => {
    expect(read('{a: yes, b: off, c: 2030-01-02T03:04:05Z, d: "yes", e: y, f: N}')).toEqual({
      a: true,
      b: false,
      c: '2030-01-02T03:04:05.000Z',
      d: 'yes',
      e: 'y',
      f: 'N',
    });
  });

  it('keeps all digits of an integer that a number would round, as text', () => {
    const text =
      '{a: 812345678901234567, b: -9007199254740993, c: 1_000_000_000_000_000_001, d: 9007199254740991, e: 0x10}';
    expect(read(text)).toEqual({
      ...{ a: '812345678901234567', b: '-9007199254740993', c: '1000000000000000001' },
      ...{ d: 9007199254740991, e: 16 },
    });
    expect(read('{"a": 812345678901234567, "b": 1e+30, "c": 812345678901234600}')).toEqual({
      ...{ a: '812345678901234567', b: 1e30, c: 812345678901234600 },
    });
  });

  it('reads as text what PyYAML does not read as a number, such as the password 0815', () => {
    const texts = ['1e5', '12E03', '1.5e3', '0815', '018', 'e0', '.', '123e4567', '0:0', '-.5', '+.5'];
    const numbers = {
      '017': 15,
      '0x1F': 31,
      '1_000': 1000,
      '1:30': 90,
      '1.5e+3': 1500,
      '1e-7': 1e-7,
      '.5': 0.5,
      '5.': 5,
      '-12': -12,
    };
    for (const text of texts) expect(read(`a: ${text}`)).toEqual({ a: text });
    for (const [text, number] of Object.entries(numbers)) expect(read(`a: ${text}`)).toEqual({ a: number });
    expect(read('a: !!float 1e5')).toEqual({ a: 100_000 });
  });

  it('reads every key as a string', () => {
    expect(read('{on: 1, 0x10: 2, __proto__: 3}')).toEqual(
      Object.fromEntries([
        ['on', 1],
        ['0x10', 2],
        ['__proto__', 3],
      ]),
    );
  });

  it('returns the line of a key', () => {
    const source = new YamlSource('# note\na: 1\nb:\n  c: 2');
    const top = source.value as { b: object };
    expect([source.lineOf(top, 'a'), source.lineOf(top, 'b'), source.lineOf(top.b, 'c')]).toEqual([2, 3, 4]);
  });

  it.each([
    ['a: [1', '1: '],
    ['a:\n\tb: 1', '2: Tabs are not allowed as indentation. Indent with spaces instead of tabs'],
    ['a: "b\nc: 1', 'Missing closing "quote. A quoted text begins before this line'],
    ['a: b: c', '1: Nested mappings are not allowed in compact mappings. Indent the keys of one map equally'],
    ['- a: 1\n   b: 2', '1: Nested mappings are not allowed in compact mappings. Indent the keys'],
    ['a: [1, 2\nb: 3', 'A bracket is opened before this place and not closed'],
    ["a: 'it's'", 'A quote within single quotes is written twice'],
    ['a: @b', 'Put quotes around a text that begins with this character'],
    ['a: 1\na: 2', '2: Map keys must be unique'],
    ['a: {b: 1, b: 2}', '1: Map keys must be unique'],
    ['a: *nowhere', '1: the alias *nowhere has no anchor &nowhere before it'],
    ['--- 1\n--- 2', 'multiple documents'],
    ['a: !!binary aGk=', 'expected a string, a finite number, a boolean or a date'],
    ['a: .inf', 'expected a string, a finite number, a boolean or a date'],
    ['a: {<<: text}', 'only maps can be merged'],
  ])('refuses %j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it.each([
    ['lists', (n: number) => '['.repeat(n) + ']'.repeat(n)],
    ['maps', (n: number) => '{a: '.repeat(n) + '}'.repeat(n)],
    ['dashes', (n: number) => `${'- '.repeat(n)}x`],
    ['indented maps', (n: number) => Array.from({ length: n }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('refuses %s above the depth limit', (_, nest) => {
    expect(() => read(nest(MAX_DEPTH - 1))).not.toThrow();
    for (const depth of [MAX_DEPTH + 2, 1000]) {
      expect(() => read(nest(depth))).toThrow('nested');
    }
  });

  it('refuses a megabyte of brackets without a stack overflow', () => {
    expect(() => read('['.repeat(1024 * 1024))).toThrow('nested');
    expect(() => read('- '.repeat(512 * 1024))).toThrow('nested');
  });

  it('reads a map with 60000 keys without comparing each key with all others', () => {
    const text = Array.from({ length: 60_000 }, (_, i) => `k${i}: 1`).join('\n');
    expect(Object.keys(read(text) as object)).toHaveLength(60_000);
  });

  it('resolves an alias to the last anchor before it', () => {
    expect(read('[&a 1, *a, &a 2, *a]')).toEqual([1, 1, 2, 2]);
  });

  it('limits the expansion of aliases', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++)
      bomb.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(() => read(bomb.join('\n'))).toThrow(`more than ${MAX_VALUES} values`);
    expect(() => read('a: &a [*a]')).toThrow('nested');
  });
});
