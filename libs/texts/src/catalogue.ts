import type { Locale } from './locale.js';

/** Translations into one language, in ICU MessageFormat. The keys are the English texts. */
export type Catalogue = Readonly<Record<string, string>>;

/** A catalogue for each language except English, because the English texts are the keys of every catalogue. */
export type Catalogues = Readonly<Record<Exclude<Locale, 'en'>, Catalogue>>;
