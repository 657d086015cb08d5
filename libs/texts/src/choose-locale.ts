import Negotiator from 'negotiator';
import { LOCALES, type Locale } from './locale.js';

/** Largest length of a list of languages that is parsed. Browsers send shorter ones. */
const MAX_LENGTH = 500;

const SUPPORTED_LOCALES = LOCALES.map(({ locale }) => locale);

/**
 * Returns the language of a visitor: the user's setting, otherwise the brand's, otherwise the best of `Accept-Language`,
 * otherwise English. Unsupported languages are skipped. A region is ignored, in either spelling (`de-AT`, `de_AT`).
 */
export function chooseLocale(acceptLanguage?: string, userLocale = '', brandLocale = ''): Locale {
  return (
    bestSupported(userLocale) ?? bestSupported(brandLocale) ?? bestSupported(acceptLanguage ?? '') ?? LOCALES[0].locale
  );
}

/** Returns the best supported language of an `Accept-Language` list (RFC 9110 §12.5.4). */
function bestSupported(list: string): Locale | undefined {
  // Negotiator would treat an empty list as `*`.
  if (list === '' || list.length > MAX_LENGTH) return undefined;
  const headers = { 'accept-language': list.replaceAll('_', '-') };
  return new Negotiator({ headers }).languages(SUPPORTED_LOCALES)[0] as Locale | undefined;
}
