import { ConcurrencyLimiter } from '@gatehouse/platform';
import { hashPassword, type PasswordMatch, verifyPassword } from './password-hashes.js';

export interface PasswordCheck {
  readonly password: string;
  /** The stored hash. `undefined` if the user has none; the check then costs one hash as well. */
  readonly stored: string | undefined;
  /** Returns whether the caller still waits for the result. */
  readonly stillWanted: () => boolean;
}

interface HashLimits {
  /** Hashes that run at the same time. More than there are cores only slows each of them down. */
  readonly concurrency: number;
  /** Hashes that may wait. */
  readonly queue: number;
}

/**
 * Verifies and creates password hashes on libuv's threads, a limited number at a time. Each call costs exactly one hash,
 * whatever is stored, which prevents timing attacks. Both methods throw `BusyError` when the queue is full, or when the
 * caller has stopped waiting by the time the hash could start.
 */
export class PasswordHasher {
  private readonly limiter: ConcurrencyLimiter;

  constructor({ concurrency, queue }: HashLimits) {
    this.limiter = new ConcurrencyLimiter(concurrency, queue);
  }

  /** Compares a password with a stored hash. */
  verify({ password, stored = '', stillWanted }: PasswordCheck): Promise<PasswordMatch> {
    return this.limiter.run(() => verifyPassword(password, stored), stillWanted);
  }

  /** Returns a new hash of a password. */
  hash(password: string, stillWanted: () => boolean): Promise<string> {
    return this.limiter.run(() => hashPassword(password), stillWanted);
  }
}
