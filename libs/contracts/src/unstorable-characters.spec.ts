import { expect, it } from 'vitest';
import { jsonObject } from './fields.js';
import { escapeUnprintable, findUnstorableCharacter, UNPRINTABLE } from './unstorable-characters.js';

it.each([
  ['NUL', '\0', { a: ['x', { b: 'a\0b' }] }],
  ['a lone surrogate', '\ud800', { a: 'x\ud800' }],
  ['a lone surrogate in a key', '\udc00', { 'a\udc00': 1 }],
])('finds %s at any depth', (_what, character, value) => {
  expect(findUnstorableCharacter(value)).toBe(character);
  expect(jsonObject().safeParse(value).success).toBe(false);
});

it.each([{ a: '😀 \\u0000', b: null, c: [1, true] }, {}])('finds nothing in %j', (value) => {
  expect(findUnstorableCharacter(value)).toBeUndefined();
  expect(jsonObject().parse(value)).toEqual(value);
});

it('escapes terminal sequences and bidirectional overrides, and keeps other characters', () => {
  expect(escapeUnprintable('a\u001b[2Jb\u202ec')).toBe('a\\u{1b}[2Jb\\u{202e}c');
  expect(escapeUnprintable('Zoë علي 😀')).toBe('Zoë علي 😀');
});

it.each(['\n', '\0', '\u0085', '\u2028', '\u202e', '\u2066'])('treats %j as unprintable', (character) => {
  expect(UNPRINTABLE.test(`a${character}b`)).toBe(true);
});
