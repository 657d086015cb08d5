import { chooseLocale, type Locale, type Translate, translator } from '@gatehouse/texts';
import type { FastifyRequest } from 'fastify';

type Speaker = { readonly locale: string } | undefined;

/** The language that is spoken with whoever asks: their own setting counts before what their browser would like. */
export const localeFor = ({ headers }: FastifyRequest, user: Speaker): Locale =>
  chooseLocale(headers['accept-language'], user?.locale);

/** Says sentences in that language. */
export const translateFor = (request: FastifyRequest, user: Speaker): Translate => translator(localeFor(request, user));
