import { interpolate, type Translate } from '@gatehouse/contracts/sentence';
import type { CompiledMessage } from 'icu-minify/format';
import format from 'icu-minify/format';
import type { Locale } from './locale.js';

/** Translations by their English sentence, compiled. */
export type CompiledCatalogue = Readonly<Record<string, CompiledMessage>>;

const formatters = {
  getDateTimeFormat: (...of: ConstructorParameters<typeof Intl.DateTimeFormat>) => new Intl.DateTimeFormat(...of),
  getNumberFormat: (...of: ConstructorParameters<typeof Intl.NumberFormat>) => new Intl.NumberFormat(...of),
  getPluralRules: (...of: ConstructorParameters<typeof Intl.PluralRules>) => new Intl.PluralRules(...of),
};

/** Says sentences in a language; one that its catalogue has not is somebody else's, or English, and stays as it is. */
export const translateBy =
  (locale: Locale, catalogue: CompiledCatalogue): Translate =>
  (text, params) => {
    const message = Object.hasOwn(catalogue, text) ? catalogue[text] : undefined;
    // A text with braces but no parameters only looks like ours.
    if (message === undefined || (params === undefined && typeof message !== 'string'))
      return interpolate(text, params);
    return String(format(message, locale, { ...params }, { formatters }));
  };
