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

/** A request whose cookies are `null` if it was refused before they were parsed. */
interface CookieRequest {
  readonly cookies: FastifyRequest['cookies'] | null;
}

/** Returns the language that the visitor has chosen in the menu. A cookie with any other value counts as none. */
const chosenLocale = ({ cookies }: CookieRequest): Locale | undefined =>
  LOCALES.find(({ locale }) => locale === cookies?.[LOCALE_COOKIE])?.locale;

/** Returns the visitor's language: the user's setting, else the choice in the menu, the brand's, or the browser's. */
export const localeFor = (request: FastifyRequest, { user, brand }: LocaleSources): Locale =>
  chooseLocale(request.headers['accept-language'], user?.locale, chosenLocale(request), brand?.locale);

/** Returns a function that translates into the visitor's language. */
export const translatorFor = (request: FastifyRequest, sources: LocaleSources): Translate =>
  translator(localeFor(request, sources));

/**
 * Returns the language of a page, and the choice for its language menu, `''` for none. There is no choice if the user's
 * setting decides, so that no page has a menu without an effect.
 */
export const pageLanguageFor = (request: FastifyRequest, sources: LocaleSources) => ({
  locale: localeFor(request, sources),
  chosen_locale: supportedLocale(sources.user?.locale ?? '') ? undefined : (chosenLocale(request) ?? ('' as const)),
});
