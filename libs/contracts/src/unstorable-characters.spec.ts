import { expect, it } from 'vitest';
import { jsonObject } from './fields.js';
import {
  escapeUnprintable,
  escapeUnprintableLines,
  findUnstorableCharacter,
  printableJson,
  UNPRINTABLE,
} from './unstorable-characters.js';

it.each([
  ['NUL', '\0', { a: ['x', { b: 'a\0b' }] }],
  ['a lone surrogate', '\ud800', { a: 'x\ud800' }],
  ['a lone surrogate in a key', '\udc00', { 'a\udc00': 1 }],
])('findUnstorableCharacter finds %s at any depth', (_what, character, value) => {
  expect(findUnstorableCharacter(value)).toBe(character);
  expect(jsonObject().safeParse(value).success).toBe(false);
});

it.each([{ a: '😀 \\u0000', b: null, c: [1, true] }, {}])(
  'findUnstorableCharacter returns undefined for %j',
  (value) => {
    expect(findUnstorableCharacter(value)).toBeUndefined();
    expect(jsonObject().parse(value)).toEqual(value);
  },
);

it('escapeUnprintable escapes terminal sequences and bidirectional overrides, and keeps other characters', () => {
  expect(escapeUnprintable('a\u001b[2Jb\u202ec')).toBe('a\\u{1b}[2Jb\\u{202e}c');
  expect(escapeUnprintable('Zoë علي 😀')).toBe('Zoë علي 😀');
});

it('escapeUnprintableLines keeps line breaks and tabs', () => {
  expect(escapeUnprintableLines('a\u009b2J\n\tb\u2028c\n')).toBe('a\\u{9b}2J\n\tb\\u{2028}c\n');
});

it('printableJson returns JSON without terminal sequences, which parses to the same value', () => {
  const value = { 'a\u009b': ['\u202e\\\u2028\u001b[2J\n\t', '\\\u009b', 'Zoë'] };
  expect(JSON.parse(printableJson(value))).toEqual(value);
  expect(UNPRINTABLE.test(printableJson(value).replaceAll('\n', ''))).toBe(false);
});

it.each(['\n', '\0', '\u0085', '\u2028', '\u202e', '\u2066'])('UNPRINTABLE matches %j', (character) => {
  expect(UNPRINTABLE.test(`a${character}b`)).toBe(true);
});
