import { interpolate, type Translate } from '@gatehouse/contracts/sentence';
import type { CompiledMessage } from 'icu-minify/format';
import format from 'icu-minify/format';
import type { Locale } from './locale.js';

/** Compiled translations by their English text. */
export type CompiledCatalogue = Readonly<Record<string, CompiledMessage>>;

const formatters = {
  getDateTimeFormat: (...args: ConstructorParameters<typeof Intl.DateTimeFormat>) => new Intl.DateTimeFormat(...args),
  getNumberFormat: (...args: ConstructorParameters<typeof Intl.NumberFormat>) => new Intl.NumberFormat(...args),
  getPluralRules: (...args: ConstructorParameters<typeof Intl.PluralRules>) => new Intl.PluralRules(...args),
};

/** Returns a translator. It returns text that the catalogue does not contain unchanged. */
export const translateBy =
  (locale: Locale, catalogue: CompiledCatalogue): Translate =>
  (text, params) => {
    const message = Object.hasOwn(catalogue, text) ? catalogue[text] : undefined;
    // Text with braces but without parameters is not a built-in text.
    if (message === undefined || (params === undefined && typeof message !== 'string'))
      return interpolate(text, params);
    return String(format(message, locale, { ...params }, { formatters }));
  };
