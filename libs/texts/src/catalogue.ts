import type { Locale } from './locale.js';

/** Translations by their English text, in ICU MessageFormat. */
export type Catalogue = Readonly<Record<string, string>>;

/** A catalogue for each language except English, whose texts are the keys. */
export type Catalogues = Readonly<Record<Exclude<Locale, 'en'>, Catalogue>>;
