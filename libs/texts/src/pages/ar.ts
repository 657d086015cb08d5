import type { Catalogue } from '../catalogue.js';

/** What pages say, in Arabic. */
export const ar: Catalogue = {
  Continue: 'متابعة',
};
