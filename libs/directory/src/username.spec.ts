import { interpolate } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { InvalidUsernameError, prepareUsername, requireUsername } from './username.js';

/** Returns the reason against a username, in English. Undefined for a valid username. */
function reasonOf(username: string): string | undefined {
  const prepared = prepareUsername(username);
  return 'reason' in prepared ? interpolate(prepared.reason.text, prepared.reason.params) : undefined;
}
const MIXED = 'Usernames cannot mix letters of several scripts.';
const DIRECTION =
  'Usernames in a right-to-left script must begin with a letter of this script, and end with one or with a digit.';
const forbidden = (character: string) => `Usernames cannot contain the character ${character}.`;

describe('the preparation of usernames', () => {
  it.each([
    // The examples of RFC 8265, 3.5.
    ['juliet@example.com', 'juliet@example.com', 'juliet@example.com'],
    ['fussball', 'fussball', 'fussball'],
    ['fu\u00dfball', 'fu\u00dfball', 'fu\u00dfball'],
    ['\u03c0', '\u03c0', '\u03c0'],
    ['\u03a3', '\u03a3', '\u03c3'],
    ['\u03c3', '\u03c3', '\u03c3'],
    ['\u03c2', '\u03c2', '\u03c2'],
    // Names that differ from their stored form in width, case or normalisation form.
    ['\uff21dmin', 'Admin', 'admin'],
    ['jose\u0301', 'jos\u00e9', 'jos\u00e9'],
    ['\u1112\u1161\u11ab', '\ud55c', '\ud55c'],
    ['\uff76\uff9e', '\u30ac', '\u30ac'],
    ['\u212bngstrom', '\u00c5ngstrom', '\u00e5ngstrom'],
    [' first  last ', 'first  last', 'first  last'],
    ['first\u3000last', 'first last', 'first last'],
    // Scripts that a name may combine, and characters that are valid only beside certain other characters.
    ['\u6f22\u5b57\u304b\u306aabc', '\u6f22\u5b57\u304b\u306aabc', '\u6f22\u5b57\u304b\u306aabc'],
    ['\u30e1\u30fb\u30ab', '\u30e1\u30fb\u30ab', '\u30e1\u30fb\u30ab'],
    ['col\u00b7lega', 'col\u00b7lega', 'col\u00b7lega'],
    ['\u0438\u0432\u0430\u043d-2', '\u0438\u0432\u0430\u043d-2', '\u0438\u0432\u0430\u043d-2'],
    ['\u05d0\u05d1_\u05d2-7', '\u05d0\u05d1_\u05d2-7', '\u05d0\u05d1_\u05d2-7'],
    ['\u0645\u062d\u0645\u062f\u0663', '\u0645\u062d\u0645\u062f\u0663', '\u0645\u062d\u0645\u062f\u0663'],
  ])('stores %j as %j, with the key %j', (typed, name, key) => {
    expect(prepareUsername(typed)).toEqual({ name, key });
    expect(prepareUsername(name)).toEqual({ name, key });
  });

  it('accepts every printable ASCII character', () => {
    const ascii = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i)).join('');
    expect(prepareUsername(ascii)).toEqual({ name: ascii, key: ascii.toLowerCase() });
  });

  it.each([
    // The examples of RFC 8265, 3.5.
    ['', 'This field may not be blank.'],
    ['  ', 'This field may not be blank.'],
    ['henry\u2163', forbidden('\u2163 (U+2163)')],
    ['\u265a', forbidden('\u265a (U+265A)')],
    ...[
      '\u00ad',
      '\u034f',
      '\u061c',
      '\u115f',
      '\u200b',
      '\u200c',
      '\u200d',
      '\u2060',
      '\u2800',
      '\ufe0f',
      '\ufeff',
    ].map((character): [string, string] => [
      `ad${character}min`,
      expect.stringContaining('cannot contain the character'),
    ]),
    ['admin\u{e0041}', forbidden('U+E0041')],
    ['admin\u0000', forbidden('U+0000')],
    ['admin\ud800', forbidden('U+D800')],
    ['na\u00a0me', forbidden('U+00A0')],
    ['\u{1f600}', forbidden('\u{1f600} (U+1F600)')],
    ['\u{1d41a}dmin', forbidden('\u{1d41a} (U+1D41A)')],
    ['a\u00b7b', forbidden('\u00b7 (U+00B7)')],
    ['\u0430dmin', MIXED],
    ['adm\u03b9n', MIXED],
    ['admin\u05d0', MIXED],
    ['admin\u0663', MIXED],
    ['\u13aa\u13a0\u13b7', MIXED],
    ['7\u05d0\u05d1', DIRECTION],
    ['\u05d0\u05d1-', DIRECTION],
    ['\u0645\u06631', DIRECTION],
    ['\u0663', DIRECTION],
  ])('refuses %j', (typed, reason) => {
    expect(reasonOf(typed)).toEqual(reason);
  });

  it('gives all spellings of a name the same key, and does not change a prepared name (property)', () => {
    for (const name of ['Admin', 'Jos\u00e9', '\ud55c\uae00', '\u30ac\u30ae', '\u0418\u0439', '\u0395\u03ae']) {
      const spellings = ['NFC', 'NFD', 'NFKC', 'NFKD']
        .map((form) => name.normalize(form))
        .flatMap((spelling) => [
          spelling,
          spelling.toLowerCase(),
          spelling.replace(/[!-~]/g, (character) => String.fromCodePoint(character.charCodeAt(0) + 0xfee0)),
        ]);
      expect(new Set(spellings.map((spelling) => 'key' in prepareUsername(spelling)))).toEqual(new Set([true]));
      const keys = spellings.map((spelling) => (prepareUsername(spelling) as { key: string }).key);
      expect(new Set(keys).size).toBe(1);
      expect(prepareUsername(keys[0]!)).toEqual({ name: keys[0], key: keys[0] });
    }
  });
});

it('requireUsername accepts a name only in its stored spelling', () => {
  expect(requireUsername('Jos\u00e9')).toEqual({ name: 'Jos\u00e9', key: 'jos\u00e9' });
  expect(() => requireUsername('jose\u0301')).toThrow(InvalidUsernameError);
  expect(() => requireUsername('ad\u00admin')).toThrow('Usernames cannot contain');
});
