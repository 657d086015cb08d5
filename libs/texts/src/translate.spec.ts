import { describe, expect, it } from 'vitest';
import { translateBy } from './browser.js';
import { pageCatalogue, translator } from './catalogues.js';
import { LOCALES, type Locale } from './locale.js';

const MAX = 'Ensure this field has no more than {max} characters.';
const CHOICE = '"{input}" is not a valid choice.';

describe('a translator', () => {
  it('returns the translation of a text in its language', () => {
    expect(translator('de')('Invalid password')).toBe('Falsches Passwort');
    expect(translator('en')('Invalid password')).toBe('Invalid password');
  });

  it('inserts parameters, and does not interpret braces inside of a parameter', () => {
    expect(translator('de')(CHOICE, { input: "{input} $& '{x}' \\u003c #" })).toBe(
      "„{input} $& '{x}' \\u003c #“ ist keine gültige Auswahl.",
    );
    expect(translator('en')(CHOICE, { input: '{input} $& $1' })).toBe('"{input} $& $1" is not a valid choice.');
  });

  it('uses the plural rules of its language', () => {
    const characters = (locale: Locale, max: number) => translator(locale)(MAX, { max }).split(' ').slice(-2).join(' ');
    expect([1, 2, 8].map((max) => characters('fr', max))).toEqual(['1 caractère.', '2 caractères.', '8 caractères.']);
    expect([3, 11, 100].map((max) => characters('ar', max))).toEqual(['3 أحرف.', '11 حرفًا.', '100 حرف.']);
  });

  it.each(['Nope', 'toString', '__proto__', 'Only {n} left'])(
    'returns a text that is not in the catalogue unchanged: %s',
    (text) => {
      for (const { locale } of LOCALES) expect(translator(locale)(text)).toBe(text);
    },
  );

  it('returns a text with placeholders unchanged if it gets no parameters', () => {
    expect(translator('de')(MAX)).toBe(MAX);
  });

  it('inserts parameters into a text that is not in the catalogue', () => {
    expect(translator('de')('Only {n} left', { n: 2 })).toBe('Only 2 left');
  });

  it('with a catalogue that was sent to a browser as JSON translates as on the server', () => {
    const sent = JSON.parse(JSON.stringify(pageCatalogue('ar')));
    expect(translateBy('ar', sent)('Continue')).toBe(translator('ar')('Continue'));
    expect(translateBy('ar', sent)('Continue')).not.toBe('Continue');
  });
});
