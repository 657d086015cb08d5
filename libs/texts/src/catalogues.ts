import type { Translate } from '@gatehouse/contracts/sentence';
import compile from 'icu-minify/compile';
import type { Catalogues } from './catalogue.js';
import type { Locale } from './locale.js';
import { mails } from './mails.catalogues.js';
import { messages } from './messages.catalogues.js';
import { pages } from './pages.catalogues.js';
import { panels } from './panels.catalogues.js';
import { type CompiledCatalogue, translateBy } from './translate.js';

/** Returns the translator of texts of the gateway and the pages. */
export const translator = memoizedByLocale(
  (locale): Translate => translateBy(locale, { ...compiled(messages, locale), ...panelCatalogue(locale) }),
);

/** Returns the compiled catalogue of flow pages, which the gateway sends to the browser. */
export const pageCatalogue = memoizedByLocale((locale) => compiled(pages, locale));

/** Returns the translator of mails. */
export const mailTranslator = memoizedByLocale(
  (locale): Translate => translateBy(locale, { ...pageCatalogue(locale), ...compiled(mails, locale) }),
);

/** Returns the compiled catalogue of all pages: flow pages, inspector, account page and API page. */
export const panelCatalogue = memoizedByLocale((locale) => ({ ...pageCatalogue(locale), ...compiled(panels, locale) }));

const compiled = (catalogues: Catalogues, locale: Locale): CompiledCatalogue =>
  locale === 'en'
    ? {}
    : Object.fromEntries(Object.entries(catalogues[locale]).map(([text, message]) => [text, compile(message)]));

/** Returns a function with the results of `make` that calls `make` only once for each language. */
function memoizedByLocale<T>(make: (locale: Locale) => T): (locale: Locale) => T {
  const cache = new Map<Locale, T>();
  return (locale) => {
    const value = cache.get(locale) ?? make(locale);
    cache.set(locale, value);
    return value;
  };
}
