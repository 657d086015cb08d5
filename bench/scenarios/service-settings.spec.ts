import { BusyError } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { hashLimits, passwordConfig } from '../../libs/stages/src/password/password.config.js';
import { PasswordHasher } from '../../libs/stages/src/password/password-hasher.js';
import { parseHash } from '../../libs/stages/src/password/password-hashes.js';
import { ONE_HASH_AT_A_TIME, UNLIMITED } from './service-settings.js';

/** Largest number of logins that wait for slow hashes at the same time in any scenario: that of `scaling`. */
const LOGINS = 32;
const SLOW = parseHash(`pbkdf2_sha256$1$salt$${Buffer.alloc(32).toString('base64')}`);

/** Returns how many of LOGINS concurrent logins are refused. */
async function refusalsWith(settings: Readonly<Record<string, string>>): Promise<number> {
  const hasher = new PasswordHasher(hashLimits(passwordConfig.parse(settings)));
  const check = () => hasher.verify({ password: 'wrong', hash: SLOW, stillWanted: () => true });
  const results = await Promise.allSettled(Array.from({ length: LOGINS }, check));
  return results.filter((result) => result.status === 'rejected' && result.reason instanceof BusyError).length;
}

it('with the unlimited settings, no login in a full queue is refused; with the default limit, some are', async () => {
  expect(await refusalsWith(UNLIMITED.password)).toBe(0);
  expect(await refusalsWith(ONE_HASH_AT_A_TIME)).toBeGreaterThan(0);
});
