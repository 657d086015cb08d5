import { chooseLocale, type Locale, type Translate, translator } from '@gatehouse/texts';
import type { FastifyRequest } from 'fastify';

type Speaker = { readonly locale: string } | undefined;

/** Who is there, and under which name of the site, as far as that is known. */
interface Present {
  readonly user?: Speaker;
  readonly brand?: Speaker;
}

/** The language that is spoken with whoever asks: their own setting and the brand's count before what their browser would like. */
export const localeFor = ({ headers }: FastifyRequest, { user, brand }: Present): Locale =>
  chooseLocale(headers['accept-language'], user?.locale, brand?.locale);

/** Says sentences in that language. */
export const translateFor = (request: FastifyRequest, present: Present): Translate =>
  translator(localeFor(request, present));
