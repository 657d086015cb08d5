import { interpolate, type Translate } from '@gatehouse/contracts/sentence';
import type { CompiledMessage } from 'icu-minify/format';
import format from 'icu-minify/format';
import type { Locale } from './locale.js';

/** Compiled translations into one language. The keys are the English texts. */
export type CompiledCatalogue = Readonly<Record<string, CompiledMessage>>;

const formatters = {
  getDateTimeFormat: (...args: ConstructorParameters<typeof Intl.DateTimeFormat>) => new Intl.DateTimeFormat(...args),
  getNumberFormat: (...args: ConstructorParameters<typeof Intl.NumberFormat>) => new Intl.NumberFormat(...args),
  getPluralRules: (...args: ConstructorParameters<typeof Intl.PluralRules>) => new Intl.PluralRules(...args),
};

/** Returns a translator. A text that the catalogue lacks stays in English, with its parameters filled in. */
export const translateBy =
  (locale: Locale, catalogue: CompiledCatalogue): Translate =>
  (text, params) => {
    const message = Object.hasOwn(catalogue, text) ? catalogue[text] : undefined;
    // A built-in text with placeholders always comes with parameters. Without them, the text is an administrator's text
    // that equals a built-in text, and is not translated.
    if (message === undefined || (params === undefined && typeof message !== 'string'))
      return interpolate(text, params);
    return String(format(message, locale, { ...params }, { formatters }));
  };
