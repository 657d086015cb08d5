import type { Translate } from '@gatehouse/contracts/sentence';
import compile from 'icu-minify/compile';
import type { Catalogues } from './catalogue.js';
import type { Locale } from './locale.js';
import { mails } from './mails.catalogues.js';
import { messages } from './messages.catalogues.js';
import { pages } from './pages.catalogues.js';
import { panels } from './panels.catalogues.js';
import { type CompiledCatalogue, translateBy } from './translate.js';

/** Says sentences in a language, those of the gateway and those of pages. */
export const translator = memoizedByLocale(
  (locale): Translate => translateBy(locale, { ...compiled(messages, locale), ...panelCatalogue(locale) }),
);

/** What a page says by itself in a language: all that a browser needs. */
export const pageCatalogue = memoizedByLocale((locale) => compiled(pages, locale));

/** Says what mails say in a language. */
export const mailTranslator = memoizedByLocale(
  (locale): Translate => translateBy(locale, { ...pageCatalogue(locale), ...compiled(mails, locale) }),
);

/** The same with what is said beside flows. */
export const panelCatalogue = memoizedByLocale((locale) => ({ ...pageCatalogue(locale), ...compiled(panels, locale) }));

const compiled = (catalogues: Catalogues, locale: Locale): CompiledCatalogue =>
  locale === 'en'
    ? {}
    : Object.fromEntries(Object.entries(catalogues[locale]).map(([text, message]) => [text, compile(message)]));

/** Made once for each language, when it is first spoken. */
function memoizedByLocale<T>(make: (locale: Locale) => T): (locale: Locale) => T {
  const made = new Map<Locale, T>();
  return (locale) => {
    const found = made.get(locale) ?? make(locale);
    made.set(locale, found);
    return found;
  };
}
