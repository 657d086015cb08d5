/** The part for browsers: no catalogue, no compiler, no header. The server sends the one catalogue that is needed. */
export type { Translate } from '@gatehouse/contracts/sentence';
export * from './locale.js';
export * from './translate.js';
