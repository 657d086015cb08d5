import type { Catalogues } from './catalogue.js';
import { ar } from './messages/ar.js';
import { de } from './messages/de.js';
import { es } from './messages/es.js';
import { fr } from './messages/fr.js';

/** Texts of the gateway. */
export const messages: Catalogues = { de, fr, es, ar };
