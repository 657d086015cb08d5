import type { Catalogues } from './catalogue.js';
import { ar } from './mails/ar.js';
import { de } from './mails/de.js';
import { es } from './mails/es.js';
import { fr } from './mails/fr.js';

/** Texts of mails. */
export const mails: Catalogues = { de, fr, es, ar };
