import { expect, it } from 'vitest';
import { jsonObject } from './fields.js';
import { escapeUnprintable, findUnstorableCharacter, UNPRINTABLE } from './unstorable-characters.js';

it.each([
  ['NUL', '\0', { a: ['x', { b: 'a\0b' }] }],
  ['half a pair', '\ud800', { a: 'x\ud800' }],
  ['half a pair in a name', '\udc00', { 'a\udc00': 1 }],
])('a value has %s at any depth', (_what, odd, value) => {
  expect(findUnstorableCharacter(value)).toBe(odd);
  expect(jsonObject().safeParse(value).success).toBe(false);
});

it.each([{ a: '😀 \\u0000', b: null, c: [1, true] }, {}])('a value has none: %j', (value) => {
  expect(findUnstorableCharacter(value)).toBeUndefined();
  expect(jsonObject().parse(value)).toEqual(value);
});

it('a terminal is shown what a name has in it, and carries nothing of it out', () => {
  expect(escapeUnprintable('a\u001b[2Jb\u202ec')).toBe('a\\u{1b}[2Jb\\u{202e}c');
  expect(escapeUnprintable('Zoë علي 😀')).toBe('Zoë علي 😀');
});

it.each(['\n', '\0', '\u0085', '\u2028', '\u202e', '\u2066'])('no line of text shows %j', (odd) => {
  expect(UNPRINTABLE.test(`a${odd}b`)).toBe(true);
});
