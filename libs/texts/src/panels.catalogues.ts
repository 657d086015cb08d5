import type { Catalogues } from './catalogue.js';
import { ar } from './panels/ar.js';
import { de } from './panels/de.js';
import { es } from './panels/es.js';
import { fr } from './panels/fr.js';

/** What is said beside flows: by the inspector, somebody's own page, the page of the API. */
export const panels: Catalogues = { de, fr, es, ar };
