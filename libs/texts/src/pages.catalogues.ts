import type { Catalogues } from './catalogue.js';
import { ar } from './pages/ar.js';
import { de } from './pages/de.js';
import { es } from './pages/es.js';
import { fr } from './pages/fr.js';

/** Texts of flow pages. A browser receives the catalogue of one language. */
export const pages: Catalogues = { de, fr, es, ar };
