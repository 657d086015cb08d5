/** The entry point for browsers, without catalogues and compiler. The server sends the compiled catalogue of one language. */
export type { Translate } from '@gatehouse/contracts/sentence';
export * from './locale.js';
export * from './translate.js';
