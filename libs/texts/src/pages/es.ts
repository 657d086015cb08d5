import type { Catalogue } from '../catalogue.js';

/** What pages say, in Spanish. */
export const es: Catalogue = {
  Continue: 'Continuar',
};
