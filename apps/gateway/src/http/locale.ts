import type { IncomingHttpHeaders } from 'node:http';
import type { ApiVersion } from '@gatehouse/contracts';
import { chooseLocale, LOCALES, type Locale, supportedLocale, type Translate, translator } from '@gatehouse/texts';
import type { FastifyRequest } from 'fastify';
import { cookieValues } from './cookie-header.js';
import { lastValue, parseInnerQuery } from './query.js';

type LocalePreference = { readonly locale: string } | undefined;

/** The user and the brand of a request; undefined where they are not known. */
interface LocaleSources {
  readonly user?: LocalePreference;
  readonly brand?: LocalePreference;
  /** Language that the request names, from `namedLocale`. */
  readonly named?: Locale | undefined;
  /**
   * Language that an application asks for, empty if it asks for none. By default, the language that the address of the
   * page asks for.
   */
  readonly requested?: string | undefined;
}

/** Parameter of a page with the languages that an application asks for (OpenID Connect Core §3.1.2.1). */
export const UI_LOCALES = 'ui_locales';
/** Largest length of a list of languages that is read, in characters. */
const MAX_UI_LOCALES = 500;
const LANGUAGE_TAG = /^[a-z\d-]+$/i;

/** Returns the first supported language of a list, which is ordered by preference and separated by spaces. */
export function firstSupportedLocale(list: unknown): Locale | undefined {
  if (typeof list !== 'string' || list.length > MAX_UI_LOCALES) return undefined;
  return list
    .split(' ')
    .map((tag) => (LANGUAGE_TAG.test(tag) ? supportedLocale(tag) : undefined))
    .find((locale) => locale !== undefined);
}

/**
 * Returns the language that the URL of a page asks for. In API requests, the parameter `query` contains the query of
 * the page's URL.
 */
function requestedLocale({ query }: FastifyRequest): Locale | undefined {
  const { [UI_LOCALES]: list, query: inner } = Object(query) as Record<string, unknown>;
  return firstSupportedLocale(lastValue(list) ?? parseInnerQuery(inner)[UI_LOCALES]);
}

/** Query parameter with the language that a client of 2026.8 lets its visitor choose. */
export const LOCALE_PARAMETER = 'locale';

/** Returns the supported language that the first of these queries with LOCALE_PARAMETER names. 2024.8 has no such parameter. */
export function namedLocale(line: ApiVersion, ...queries: readonly object[]): Locale | undefined {
  if (line === '2024.8') return undefined;
  const values = queries.map((query) => (query as Record<string, unknown>)[LOCALE_PARAMETER]);
  return firstSupportedLocale(lastValue(values.find((value) => value !== undefined)));
}

/**
 * Returns the languages that the client and the application name in the query of a page or, failing that, in the query
 * of the request.
 */
export const languagesIn = (line: ApiVersion, request: object, page: Readonly<Record<string, string>>) => ({
  named: namedLocale(line, request, page),
  requested:
    firstSupportedLocale(page[UI_LOCALES]) ??
    firstSupportedLocale(lastValue((request as Record<string, unknown>)[UI_LOCALES])) ??
    '',
});

/** Cookie with the language that the visitor has chosen in the language menu of a page. It contains nothing else. */
export const LOCALE_COOKIE = 'gatehouse_locale';

/**
 * Returns the visitor's choice in the menu. Reads the `Cookie` header, because requests for an unknown address, and
 * requests that are refused early, have no parsed cookies. Ignores an unsupported value.
 */
export function chosenLocale({ cookie }: IncomingHttpHeaders): Locale | undefined {
  const [value] = cookieValues(cookie, LOCALE_COOKIE);
  return LOCALES.find(({ locale }) => locale === value)?.locale;
}

/**
 * Returns the visitor's language: the first that is known of the user's setting, the language that the request names,
 * the choice in the menu, the language that the application asks for, the brand's language, and the browser's
 * `Accept-Language`.
 */
export function localeFor(request: FastifyRequest, sources: LocaleSources): Locale {
  const { user, brand, named, requested = requestedLocale(request) } = sources;
  const { headers } = request;
  return chooseLocale(headers['accept-language'], user?.locale, named, chosenLocale(headers), requested, brand?.locale);
}

/** Returns a function that translates into the visitor's language. */
export const translatorFor = (request: FastifyRequest, sources: LocaleSources): Translate =>
  translator(localeFor(request, sources));

/**
 * Returns the language of a page, and the visitor's choice in its language menu (`''` for no choice). If the user's
 * setting decides the language, the choice is undefined, and the page has no menu.
 */
export const pageLanguageFor = (request: FastifyRequest, sources: LocaleSources) => ({
  locale: localeFor(request, sources),
  chosen_locale: supportedLocale(sources.user?.locale ?? '')
    ? undefined
    : (chosenLocale(request.headers) ?? ('' as const)),
});
