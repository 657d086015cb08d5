import { createHash } from 'node:crypto';

/**
 * Returns the stored hash of a token's key: SHA-256, 32 bytes. A key is too long and random to be guessed from a fast
 * hash.
 */
export const tokenHash = (key: string): Buffer => createHash('sha256').update(key, 'utf8').digest();
