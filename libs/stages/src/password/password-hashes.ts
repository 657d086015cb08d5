import { argon2Hash, CURRENT_COST, hashPassword } from './argon2-hash.js';
import { bcryptHash } from './bcrypt-hash.js';

import { pbkdf2Hash } from './pbkdf2-hash.js';
import { scryptHash } from './scrypt-hash.js';
import type { StoredHash, StoredHashReader } from './stored-hash.js';

export { CURRENT_COST, hashPassword };

/** Parsers of the supported kinds of hashes (docs/spec/stages.md#password-hashes). */
const hashReaders: readonly StoredHashReader[] = [argon2Hash, pbkdf2Hash, bcryptHash, scryptHash];

/**
 * Result of comparing a password with a stored hash. `outdated` means that the password is right, but the hash should
 * be replaced.
 */
export type PasswordMatch = 'right' | 'outdated' | 'wrong';

/** A hash that no password matches. Its check takes as long as the check of a current hash. */
export const unusableHash: StoredHash = {
  outdated: false,
  cost: CURRENT_COST,
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
 * Parses a stored hash. If the text is empty, malformed, of an unknown kind or too expensive, returns a hash that no
 * password matches. That hash has the cost of the first usable stand-in, or of `unusableHash` if there is none.
 */
export function parseHash(stored: string, standIns: readonly string[] = []): StoredHash {
  const known = parseKnownHash(stored);
  if (known) return known;
  for (const standIn of standIns.map(parseKnownHash)) if (standIn) return withoutMatches(standIn);
  return unusableHash;
}

/** Returns a hash that no password matches. Its check takes as long as the check of the given hash. */
const withoutMatches = ({ cost, matches }: StoredHash): StoredHash => ({
  outdated: false,
  cost,
  matches: async (password) => {
    await matches(password);
    return false;
  },
});

/** Returns whether a stored text is a hash that this service can check. */
export const isKnownHash = (stored: string): boolean => parseKnownHash(stored) !== undefined;

/** Compares a password with a parsed hash. */
export async function checkHash(password: string, { matches, outdated }: StoredHash): Promise<PasswordMatch> {
  if (!(await matches(password))) return 'wrong';
  return outdated ? 'outdated' : 'right';
}

/** Compares a password with a stored text, which may be no hash. Computes exactly one hash for any text. */
export const verifyPassword = (password: string, stored: string): Promise<PasswordMatch> =>
  checkHash(password, parseHash(stored));
