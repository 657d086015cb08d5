import { chooseLocale, type Locale, type Translate, translator } from '@gatehouse/texts';
import type { FastifyRequest } from 'fastify';

type LocalePreference = { readonly locale: string } | undefined;

/** The user and the brand of a request; undefined where they are not known. */
interface LocaleSources {
  readonly user?: LocalePreference;
  readonly brand?: LocalePreference;
}

/** Returns the visitor's language: the user's setting, else the brand's, else that of the browser. */
export const localeFor = ({ headers }: FastifyRequest, { user, brand }: LocaleSources): Locale =>
  chooseLocale(headers['accept-language'], user?.locale, brand?.locale);

/** Returns a function that translates into the visitor's language. */
export const translatorFor = (request: FastifyRequest, sources: LocaleSources): Translate =>
  translator(localeFor(request, sources));
