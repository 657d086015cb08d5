import { argon2Hash, hashPassword } from './argon2-hash.js';
import { bcryptHash } from './bcrypt-hash.js';
import type { PasswordMatch } from './password-hasher.js';
import { pbkdf2Hash } from './pbkdf2-hash.js';
import { scryptHash } from './scrypt-hash.js';
import type { StoredHash, StoredHashReader } from './stored-hash.js';

export { hashPassword };

/** The kinds of hashes that are known (docs/spec/stages.md#password-hashes). */
const hashReaders: readonly StoredHashReader[] = [argon2Hash, pbkdf2Hash, bcryptHash, scryptHash];

/** What matches nothing and costs as much as a current hash. */
export const unusableHash: StoredHash = {
  outdated: false,
  matches: async (password) => {
    await hashPassword(password);
    return false;
  },
};

/** The hash that a stored text is, if it is of a kind that is known. */
function parseKnownHash(stored: string): StoredHash | undefined {
  for (const reader of hashReaders) {
    const known = reader(stored);
    if (known) return known;
  }
  return undefined;
}

/** What a stored text stands for: the unusable hash when it is empty, malformed, of an unknown kind or asks for too much work. */
export const parseHash = (stored: string): StoredHash => parseKnownHash(stored) ?? unusableHash;

/** Whether a stored text is a hash that can be checked here. */
export const isKnownHash = (stored: string): boolean => parseKnownHash(stored) !== undefined;

/** How a password compares with a stored text, for the price of one hash. */
export async function verifyPassword(password: string, stored: string): Promise<PasswordMatch> {
  const { matches, outdated } = parseHash(stored);
  if (!(await matches(password))) return 'wrong';
  return outdated ? 'outdated' : 'right';
}
