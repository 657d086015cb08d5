import type { BreachList } from '../breach-list.js';

/** Injection token of the list of breached passwords. */
export const BREACHES = Symbol('breached passwords');

/** The list of breached passwords of this installation, if there is one. */
export interface Breaches {
  readonly list: Pick<BreachList, 'has'> | undefined;
}
