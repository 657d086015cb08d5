import Negotiator from 'negotiator';
import { LOCALES, type Locale } from './locale.js';

/** Largest length of an `Accept-Language` list that is parsed, in characters. Browsers send shorter lists. */
const MAX_LENGTH = 500;

const SUPPORTED_LOCALES = LOCALES.map(({ locale }) => locale);

/**
 * Returns the language of a visitor: the first of the settings that is supported, otherwise the best language of
 * `Accept-Language`, otherwise English. Ignores a region in both spellings (`de-AT`, `de_AT`).
 */
export function chooseLocale(acceptLanguage = '', ...settings: readonly (string | undefined)[]): Locale {
  for (const list of [...settings, acceptLanguage]) {
    const locale = supportedLocale(list ?? '');
    if (locale) return locale;
  }
  return LOCALES[0].locale;
}

/** Returns the best supported language of a setting or of an `Accept-Language` list (RFC 9110 §12.5.4). */
export function supportedLocale(list: string): Locale | undefined {
  // The package `negotiator` would treat an empty list as `*`.
  if (list === '' || list.length > MAX_LENGTH) return undefined;
  const headers = { 'accept-language': list.replaceAll('_', '-') };
  return new Negotiator({ headers }).languages(SUPPORTED_LOCALES)[0] as Locale | undefined;
}
