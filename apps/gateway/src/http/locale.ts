import { chooseLocale, type Locale, type Translate, translator } from '@gatehouse/texts';
import type { FastifyRequest } from 'fastify';

type LocalePreference = { readonly locale: string } | undefined;

/** Who is there, and under which name of the site, as far as that is known. */
interface LocaleSources {
  readonly user?: LocalePreference;
  readonly brand?: LocalePreference;
}

/** The language that is spoken with whoever asks: their own setting and the brand's count before what their browser would like. */
export const localeFor = ({ headers }: FastifyRequest, { user, brand }: LocaleSources): Locale =>
  chooseLocale(headers['accept-language'], user?.locale, brand?.locale);

/** Says sentences in that language. */
export const translatorFor = (request: FastifyRequest, present: LocaleSources): Translate =>
  translator(localeFor(request, present));
