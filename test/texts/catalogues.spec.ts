import { mailTranslator, pageCatalogue, panelCatalogue, translator } from '@gatehouse/texts';
import { describe, expect, it } from 'vitest';
import { mails } from '../../libs/texts/src/mails.catalogues.js';
import { messages } from '../../libs/texts/src/messages.catalogues.js';
import { pages } from '../../libs/texts/src/pages.catalogues.js';
import { panels } from '../../libs/texts/src/panels.catalogues.js';
import { declared, type TranslatableText, textsIn } from './translatable-texts.js';

const found = [...textsIn('apps'), ...textsIn('libs')];
const texts = (said: readonly TranslatableText[]) => said.flatMap(({ text }) => text ?? []);
const said = new Set([...texts(found), ...declared()]);
const placesIn = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);

it('finds every text that the code says, because each is written where it is said', () => {
  expect(found.filter(({ text }) => text === undefined)).toEqual([]);
  expect(said.size).toBeGreaterThan(60);
});

describe.each(['de', 'fr', 'es', 'ar'] as const)('the catalogue for %s', (locale) => {
  const translated = [messages, pages, panels, mails].flatMap((catalogues) => Object.keys(catalogues[locale]));
  const spoken = (text: string) => (Object.hasOwn(mails[locale], text) ? mailTranslator : translator)(locale);

  it('has every text that the house says', () => {
    expect([...said].filter((text) => !translated.includes(text))).toEqual([]);
  });

  it('has nothing that nobody says, and nothing twice', () => {
    expect(translated.filter((text) => !said.has(text))).toEqual([]);
    expect(new Set(translated).size).toBe(translated.length);
  });

  it('gives mails all that they say', () => {
    const unsaid = texts(found.filter(({ place }) => place.startsWith('libs/courier/'))).filter(
      (text) => !Object.hasOwn(mails[locale], text) && !Object.hasOwn(pageCatalogue(locale), text),
    );
    expect(unsaid).toEqual([]);
  });

  it('gives browsers all that pages say, and with a flow no more than is said there', () => {
    const missing = (place: RegExp, catalogue: object) =>
      texts(found.filter((one) => place.test(one.place))).filter((text) => !Object.hasOwn(catalogue, text));

    expect(missing(/^apps\/web\/src\/(?!account\/|inspector\/|api\/)/, pageCatalogue(locale))).toEqual([]);
    expect(missing(/^apps\/web\//, panelCatalogue(locale))).toEqual([]);
    expect(Object.keys(panels[locale]).filter((text) => Object.hasOwn(pageCatalogue(locale), text))).toEqual([]);
  });

  it.each(translated)('keeps what goes into "%s", however much it is', (text) => {
    const told = (number: number) =>
      spoken(text)(text, Object.fromEntries(placesIn(text).map((name) => [name, number])));
    // One and two may be words; more is written in figures.
    for (const number of [0, 1, 2]) expect(told(number)).not.toMatch(/undefined|[{}]/);
    for (const number of [3, 11, 98_765])
      expect(told(number).split(String(number)).length - 1).toBe(placesIn(text).length);
  });
});
