import { hash, timingSafeEqual } from 'node:crypto';

const digestOf = (text: string) => hash('sha256', text, 'buffer');

/** Whether two secrets are the same, of whatever length, in a time that says nothing of where they differ. */
export const secretsEqual = (a: string, b: string): boolean => timingSafeEqual(digestOf(a), digestOf(b));
