import { argon2Hash, hashPassword } from './argon2-hash.js';
import { bcryptHash } from './bcrypt-hash.js';

import { pbkdf2Hash } from './pbkdf2-hash.js';
import { scryptHash } from './scrypt-hash.js';
import type { StoredHash, StoredHashReader } from './stored-hash.js';

export { hashPassword };

/** Parsers of the supported kinds of hashes (docs/spec/stages.md#password-hashes). */
const hashReaders: readonly StoredHashReader[] = [argon2Hash, pbkdf2Hash, bcryptHash, scryptHash];

/**
 * Result of comparing a password with a stored hash. `outdated`: the password is right, but the hash should be
 * replaced.
 */
export type PasswordMatch = 'right' | 'outdated' | 'wrong';

/** A hash that no password matches. A comparison costs as much as one with a current hash. */
export const unusableHash: StoredHash = {
  outdated: false,
  matches: async (password) => {
    await hashPassword(password);
    return false;
  },
};

/** Returns the parsed hash, or `undefined` if no parser accepts the text. */
function parseKnownHash(stored: string): StoredHash | undefined {
  for (const reader of hashReaders) {
    const hash = reader(stored);
    if (hash) return hash;
  }
  return undefined;
}

/**
 * Parses a stored hash. Returns `unusableHash` for text that is empty, malformed, of an unknown kind, or too expensive.
 */
export const parseHash = (stored: string): StoredHash => parseKnownHash(stored) ?? unusableHash;

/** Returns whether a stored text is a hash that this service can check. */
export const isKnownHash = (stored: string): boolean => parseKnownHash(stored) !== undefined;

/** Compares a password with a stored text, which need not be a hash. Costs one hash in every case. */
export async function verifyPassword(password: string, stored: string): Promise<PasswordMatch> {
  const { matches, outdated } = parseHash(stored);
  if (!(await matches(password))) return 'wrong';
  return outdated ? 'outdated' : 'right';
}
