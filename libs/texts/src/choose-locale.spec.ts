import { describe, expect, it } from 'vitest';
import { chooseLocale } from './choose-locale.js';

describe('the language of a visitor', () => {
  it.each([
    ['de', 'de'],
    ['de-AT', 'de'],
    ['ES-419', 'es'],
    ['ar-EG;q=0.1, pt', 'ar'],
    ['fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5', 'fr'],
    ['en;q=0.2, de;q=0.9', 'de'],
    ['pt-BR, pt;q=0.9, *;q=0.1', 'en'],
    ['de;q=0, es;q=0.1', 'es'],
    ['en-US,en;q=0.9', 'en'],
  ])('is the best supported language of Accept-Language: %s gives %s', (header, locale) => {
    expect(chooseLocale(header)).toBe(locale);
  });

  it.each([
    undefined,
    '',
    '*',
    'xx',
    'tlh-Latn',
    ';;,=',
    'constructor',
    '__proto__',
    '\0',
    `de,${'x-y,'.repeat(4000)}`,
  ])('is English if Accept-Language has no supported language: %j', (header) => {
    expect(chooseLocale(header)).toBe('en');
  });

  it.each(['fr', 'fr-CA', 'fr_CA', 'FR'])(
    "is that of the user's setting before all others, in any spelling: %s",
    (own) => {
      expect(chooseLocale('de', own, 'es')).toBe('fr');
    },
  );

  it("is that of the brand's setting before Accept-Language", () => {
    expect(chooseLocale('de', '', 'es')).toBe('es');
  });

  it.each(['', 'xx', 'tlh'])('is not that of an unsupported setting: %j', (none) => {
    expect(chooseLocale('de', none, 'es')).toBe('es');
    expect(chooseLocale('de', none, none)).toBe('de');
    expect(chooseLocale(none, none, none)).toBe('en');
  });
});
