import { mailTranslator, pageCatalogue, panelCatalogue, translator } from '@gatehouse/texts';
import { describe, expect, it } from 'vitest';
import { mails } from '../../libs/texts/src/mails.catalogues.js';
import { messages } from '../../libs/texts/src/messages.catalogues.js';
import { pages } from '../../libs/texts/src/pages.catalogues.js';
import { panels } from '../../libs/texts/src/panels.catalogues.js';
import { declared, type TranslatableText, textsIn } from './translatable-texts.js';

const found = [...textsIn('apps'), ...textsIn('libs')];
const texts = (entries: readonly TranslatableText[]) => entries.flatMap(({ text }) => text ?? []);
const used = new Set([...texts(found), ...declared()]);
const placeholdersIn = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);

it('the code marks only string literals as translatable, so that this suite finds every text', () => {
  expect(found.filter(({ text }) => text === undefined)).toEqual([]);
  expect(used.size).toBeGreaterThan(60);
});

describe.each(['de', 'fr', 'es', 'ar'] as const)('the catalogue for %s', (locale) => {
  const translated = [messages, pages, panels, mails].flatMap((catalogues) => Object.keys(catalogues[locale]));
  const spoken = (text: string) => (Object.hasOwn(mails[locale], text) ? mailTranslator : translator)(locale);

  it('has every translatable text', () => {
    expect([...used].filter((text) => !translated.includes(text))).toEqual([]);
  });

  it('has no unused text and no text twice', () => {
    expect(translated.filter((text) => !used.has(text))).toEqual([]);
    expect(translated.filter((text, index) => translated.indexOf(text) !== index)).toEqual([]);
  });

  it('has every text of mails among the texts for mails or for pages', () => {
    const missing = texts(found.filter(({ place }) => place.startsWith('libs/courier/'))).filter(
      (text) => !Object.hasOwn(mails[locale], text) && !Object.hasOwn(pageCatalogue(locale), text),
    );
    expect(missing).toEqual([]);
  });

  it('sends the flow pages every text that they use, and no text that only other pages use', () => {
    const missing = (place: RegExp, catalogue: object) =>
      texts(found.filter((entry) => place.test(entry.place))).filter((text) => !Object.hasOwn(catalogue, text));

    expect(missing(/^apps\/web\/src\/(?!account\/|flow-versions\/|inspector\/|api\/)/, pageCatalogue(locale))).toEqual(
      [],
    );
    expect(missing(/^apps\/web\//, panelCatalogue(locale))).toEqual([]);
    expect(Object.keys(panels[locale]).filter((text) => Object.hasOwn(pageCatalogue(locale), text))).toEqual([]);
  });

  it.each(translated)('keeps the placeholders of "%s" in every plural form', (text) => {
    const rendered = (number: number) =>
      spoken(text)(text, Object.fromEntries(placeholdersIn(text).map((name) => [name, number])));
    // A translation may spell out one and two, but must show larger numbers as digits.
    for (const number of [0, 1, 2]) expect(rendered(number)).not.toMatch(/undefined|[{}]/);
    for (const number of [3, 11, 98_765])
      expect(rendered(number).split(String(number)).length - 1).toBe(placeholdersIn(text).length);
  });
});

it('Arabic texts have a left-to-right mark before dates and phone numbers, because browsers would reverse their parts otherwise', () => {
  const arabic = [messages, pages, panels, mails].flatMap((catalogues) => Object.values(catalogues.ar));
  // The left-to-right mark is U+200E.
  const unmarked = /(?<![\u200e\d-])(?:\d+-\d|\+\d)/;
  expect(arabic.filter((text) => unmarked.test(text))).toEqual([]);
});
