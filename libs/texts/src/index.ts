export type { Translate } from '@gatehouse/contracts/sentence';
export * from './catalogues.js';
export * from './choose-locale.js';
export * from './locale.js';
