import { ConcurrencyLimiter } from '@gatehouse/platform';
import { hashPassword, type PasswordMatch, verifyPassword } from './password-hashes.js';

export interface PasswordCheck {
  readonly password: string;
  /** The stored hash. `undefined` if the user has no hash; the check then still costs one hash. */
  readonly stored: string | undefined;
  /** Returns whether the caller still waits for the result. */
  readonly stillWanted: () => boolean;
}

interface HashLimits {
  /** Number of hashes that run at the same time. A number above that of the cores only slows down each hash. */
  readonly concurrency: number;
  /** Number of hashes that may wait in the queue. */
  readonly queue: number;
}

/**
 * Verifies and creates password hashes on libuv's threads, a limited number at a time. Each call costs exactly one
 * hash, whatever hash is stored, which prevents timing attacks. Both methods throw `BusyError` when the queue is full,
 * or when `stillWanted` returns `false` before the hash starts.
 */
export class PasswordHasher {
  private readonly limiter: ConcurrencyLimiter;

  constructor({ concurrency, queue }: HashLimits) {
    this.limiter = new ConcurrencyLimiter(concurrency, queue);
  }

  /** Returns whether a password matches a stored hash, and whether the hash is outdated. */
  verify({ password, stored = '', stillWanted }: PasswordCheck): Promise<PasswordMatch> {
    return this.limiter.run(() => verifyPassword(password, stored), stillWanted);
  }

  /** Returns a new hash of a password. */
  hash(password: string, stillWanted: () => boolean): Promise<string> {
    return this.limiter.run(() => hashPassword(password), stillWanted);
  }
}
