import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { fromBase64, type StoredHash } from './stored-hash.js';

const derive = promisify<string, string, number, ScryptOptions, Buffer>(scrypt);

const KEY_BYTES = 64;

/** Largest accepted number of blocks (N·r·p). They take less than half a second on one core. */
const MAX_BLOCKS = 2 ** 20;
/** Largest memory that a stored hash may need, in bytes. Django's own limit is half as large. */
const MAX_MEMORY = 64 * 2 ** 20;

const STORED = /^scrypt\$([1-9]\d{0,6})\$([^$]+)\$([1-9]\d{0,6})\$([1-9]\d{0,6})\$([^$]+)$/;

/**
 * Parses a stored `scrypt` hash of a migrated user, `scrypt$N$SALT$R$P$KEY`. The returned hash is always outdated
 * (docs/spec/stages.md#password-hashes).
 */
export function scryptHash(stored: string): StoredHash | undefined {
  const [, n, salt, r, p, encoded] = STORED.exec(stored) ?? [];
  if (salt === undefined || encoded === undefined) return undefined;
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  const key = fromBase64(encoded);
  if (key?.length !== KEY_BYTES || !isAcceptableCost(cost)) return undefined;
  return {
    outdated: true,
    cost: `scrypt ${n} ${r} ${p}`,
    matches: async (password) =>
      timingSafeEqual(await derive(password, salt, KEY_BYTES, { ...cost, maxmem: MAX_MEMORY }), key),
  };
}

/** Returns whether the cost parameters are valid (RFC 7914, section 6) and within the limits of this file. */
function isAcceptableCost({ N, r, p }: { N: number; r: number; p: number }): boolean {
  const isPowerOfTwo = N > 1 && (N & (N - 1)) === 0;
  const memory = 128 * r * (N + p + 2);
  return isPowerOfTwo && N < 2 ** (16 * r) && N * r * p <= MAX_BLOCKS && memory <= MAX_MEMORY;
}
