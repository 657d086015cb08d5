import type { Catalogue } from '../catalogue.js';

/** What pages say, in German. */
export const de: Catalogue = {
  Continue: 'Weiter',
};
