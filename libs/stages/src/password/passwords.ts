import { argon2Hash, hashPassword } from './argon2-hash.js';
import type { Verdict } from './password-hasher.js';
import { pbkdf2Hash } from './pbkdf2-hash.js';

export { hashPassword };

/**
 * How a password compares with a stored hash (02-stages §3.9). Empty, unusable and unknown hashes match nothing and
 * cost as much as a current one.
 */
export async function comparePassword(password: string, stored: string): Promise<Verdict> {
  const known = argon2Hash(stored) ?? pbkdf2Hash(stored);
  if (!known) {
    await hashPassword(password);
    return 'wrong';
  }
  if (!(await known.matches(password))) return 'wrong';
  return known.outdated ? 'outdated' : 'right';
}
