import type { Catalogues } from './catalogue.js';
import { ar } from './panels/ar.js';
import { de } from './panels/de.js';
import { es } from './panels/es.js';
import { fr } from './panels/fr.js';

/** Texts outside of flows: the inspector, the account page and the API page. */
export const panels: Catalogues = { de, fr, es, ar };
