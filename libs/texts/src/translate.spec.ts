import { describe, expect, it } from 'vitest';
import { translateBy } from './browser.js';
import { pageCatalogue, translator } from './catalogues.js';
import { LOCALES, type Locale } from './locale.js';

const MAX = 'Ensure this field has no more than {max} characters.';
const CHOICE = '"{input}" is not a valid choice.';

describe('a translator', () => {
  it('says a sentence in its language', () => {
    expect(translator('de')('Invalid password')).toBe('Falsches Passwort');
    expect(translator('en')('Invalid password')).toBe('Invalid password');
  });

  it('puts parameters in their places, and does not look for places inside of them', () => {
    expect(translator('de')(CHOICE, { input: "{input} $& '{x}' \\u003c #" })).toBe(
      "„{input} $& '{x}' \\u003c #“ ist keine gültige Auswahl.",
    );
    expect(translator('en')(CHOICE, { input: '{input} $& $1' })).toBe('"{input} $& $1" is not a valid choice.');
  });

  it('counts as its language does', () => {
    const characters = (locale: Locale, max: number) => translator(locale)(MAX, { max }).split(' ').slice(-2).join(' ');
    expect([1, 2, 8].map((max) => characters('fr', max))).toEqual(['1 caractère.', '2 caractères.', '8 caractères.']);
    expect([3, 11, 100].map((max) => characters('ar', max))).toEqual(['3 أحرف.', '11 حرفًا.', '100 حرف.']);
  });

  it.each(['Nope', 'toString', '__proto__', 'Only {n} left'])('leaves text of others as it is: %s', (text) => {
    for (const { locale } of LOCALES) expect(translator(locale)(text)).toBe(text);
  });

  it('leaves the braces of a text alone that only looks like one of its own', () => {
    expect(translator('de')(MAX)).toBe(MAX);
  });

  it('fills what it has no translation for', () => {
    expect(translator('de')('Only {n} left', { n: 2 })).toBe('Only 2 left');
  });

  it('says in a browser, from a catalogue that has gone there as JSON, what it says on the server', () => {
    const sent = JSON.parse(JSON.stringify(pageCatalogue('ar')));
    expect(translateBy('ar', sent)('Continue')).toBe(translator('ar')('Continue'));
    expect(translateBy('ar', sent)('Continue')).not.toBe('Continue');
  });
});
