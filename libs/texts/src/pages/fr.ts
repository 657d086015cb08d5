import type { Catalogue } from '../catalogue.js';

/** What pages say, in French. */
export const fr: Catalogue = {
  Continue: 'Continuer',
};
