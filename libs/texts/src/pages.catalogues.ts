import type { Catalogues } from './catalogue.js';
import { ar as arErrors } from './page-errors/ar.js';
import { de as deErrors } from './page-errors/de.js';
import { es as esErrors } from './page-errors/es.js';
import { fr as frErrors } from './page-errors/fr.js';
import { ar } from './pages/ar.js';
import { de } from './pages/de.js';
import { es } from './pages/es.js';
import { fr } from './pages/fr.js';

/** Texts of flow pages. A browser receives the catalogue of one language. */
export const pages: Catalogues = {
  de: { ...de, ...deErrors },
  fr: { ...fr, ...frErrors },
  es: { ...es, ...esErrors },
  ar: { ...ar, ...arErrors },
};
