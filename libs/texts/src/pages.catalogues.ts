import type { Catalogues } from './catalogue.js';
import { ar } from './pages/ar.js';
import { de } from './pages/de.js';
import { es } from './pages/es.js';
import { fr } from './pages/fr.js';

/** What pages say by themselves; a browser gets one of them. */
export const pages: Catalogues = { de, fr, es, ar };
