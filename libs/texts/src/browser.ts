/**
 * The entry point for browsers, without the catalogues and the compiler. The gateway sends the compiled catalogue of
 * one language.
 */
export type { Translate } from '@gatehouse/contracts/sentence';
export * from './locale.js';
export * from './translate.js';
