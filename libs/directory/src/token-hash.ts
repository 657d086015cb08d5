import { createHash } from 'node:crypto';

/** Returns the stored hash of a token's key: SHA-256, 32 bytes. Keys are long and random, so no slow hash is needed. */
export const tokenHash = (key: string): Buffer => createHash('sha256').update(key, 'utf8').digest();
