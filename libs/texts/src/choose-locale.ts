import Negotiator from 'negotiator';
import { LOCALES, type Locale } from './locale.js';

/** Characters of a list of languages; nobody's browser asks for more, and to read one takes time. */
const MAX_LENGTH = 500;

const SUPPORTED_LOCALES = LOCALES.map(({ locale }) => locale);

/**
 * The language for somebody: their own setting, else what the brand says, else what the browser asks for; of each only what
 * the house speaks. A region counts as its language, in either spelling (`de-AT`, `de_AT`).
 */
export function chooseLocale(acceptLanguage?: string, userLocale = '', brandLocale = ''): Locale {
  return (
    bestSupported(userLocale) ?? bestSupported(brandLocale) ?? bestSupported(acceptLanguage ?? '') ?? LOCALES[0].locale
  );
}

/** The best of a list of languages, as the header writes it (RFC 9110 §12.5.4). */
function bestSupported(list: string): Locale | undefined {
  // Nothing asked for is not anything.
  if (list === '' || list.length > MAX_LENGTH) return undefined;
  const headers = { 'accept-language': list.replaceAll('_', '-') };
  return new Negotiator({ headers }).languages(SUPPORTED_LOCALES)[0] as Locale | undefined;
}
