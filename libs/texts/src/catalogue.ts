import type { Locale } from './locale.js';

/** Translations by their English sentence, in ICU MessageFormat. */
export type Catalogue = Readonly<Record<string, string>>;

/** A catalogue for each language but English, whose sentences are the keys. */
export type Catalogues = Readonly<Record<Exclude<Locale, 'en'>, Catalogue>>;
