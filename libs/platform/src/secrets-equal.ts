import { hash, timingSafeEqual } from 'node:crypto';

const digestOf = (text: string) => hash('sha256', text, 'buffer');

/** Compares two secrets of any length in constant time (prevents timing attacks). */
export const secretsEqual = (a: string, b: string): boolean => timingSafeEqual(digestOf(a), digestOf(b));
