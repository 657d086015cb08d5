import type { IncomingHttpHeaders } from 'node:http';
import { chooseLocale, LOCALES, type Locale, supportedLocale, type Translate, translator } from '@gatehouse/texts';
import type { FastifyRequest } from 'fastify';

type LocalePreference = { readonly locale: string } | undefined;

/** The user and the brand of a request; undefined where they are not known. */
interface LocaleSources {
  readonly user?: LocalePreference;
  readonly brand?: LocalePreference;
}

/** Cookie with the language that the visitor has chosen in the language menu of a page. It contains nothing else. */
export const LOCALE_COOKIE = 'gatehouse_locale';

/**
 * Returns the visitor's choice in the menu. Reads the `Cookie` header, because requests for an unknown address, and those
 * that are refused early, have no parsed cookies. A cookie with any other value counts as none.
 */
export function chosenLocale({ cookie = '' }: IncomingHttpHeaders): Locale | undefined {
  const value = COOKIE_PATTERN.exec(cookie)?.groups?.['value'];
  return LOCALES.find(({ locale }) => locale === value)?.locale;
}

const COOKIE_PATTERN = new RegExp(`(?:^|; ?)${LOCALE_COOKIE}=(?<value>[^;]*)`);

/** Returns the visitor's language: the user's setting, else the choice in the menu, the brand's, or the browser's. */
export const localeFor = (request: FastifyRequest, { user, brand }: LocaleSources): Locale =>
  chooseLocale(request.headers['accept-language'], user?.locale, chosenLocale(request.headers), brand?.locale);

/** Returns a function that translates into the visitor's language. */
export const translatorFor = (request: FastifyRequest, sources: LocaleSources): Translate =>
  translator(localeFor(request, sources));

/**
 * Returns the language of a page, and the choice for its language menu, `''` for none. There is no choice if the user's
 * setting decides, so that no page has a menu without an effect.
 */
export const pageLanguageFor = (request: FastifyRequest, sources: LocaleSources) => ({
  locale: localeFor(request, sources),
  chosen_locale: supportedLocale(sources.user?.locale ?? '')
    ? undefined
    : (chosenLocale(request.headers) ?? ('' as const)),
});
