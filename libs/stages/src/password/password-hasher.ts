import { ConcurrencyLimiter } from '@gatehouse/platform';
import { CURRENT_COST, checkHash, hashPassword, type PasswordMatch } from './password-hashes.js';
import type { StoredHash } from './stored-hash.js';

export interface PasswordCheck {
  readonly password: string;
  /** The hash to compare with: the user's hash or, without a usable hash, a stand-in that no password matches. */
  readonly hash: StoredHash;
  /** Returns whether the caller still waits for the result. */
  readonly stillWanted: () => boolean;
}

interface Limits {
  /** Number of hashes that run at the same time. More hashes than cores only slow down each hash. */
  readonly concurrency: number;
  /** Number of hashes that may wait in the queue. */
  readonly queue: number;
}

/** Limits of all hashes, and additional limits of the legacy hashes, whose cost is not `CURRENT_COST`. */
export interface PasswordHashLimits {
  readonly all: Limits;
  readonly legacy: Limits;
}

/**
 * Verifies and creates password hashes on libuv's threads, a limited number at a time. Each call computes exactly one
 * hash. Legacy hashes have additional limits, so that after an import they cannot delay all other logins. Both methods
 * throw `BusyError` when a queue is full, or when `stillWanted` returns `false` before the hash starts.
 */
export class PasswordHasher {
  private readonly all: ConcurrencyLimiter;
  private readonly legacy: ConcurrencyLimiter;

  constructor({ all, legacy }: PasswordHashLimits) {
    this.all = new ConcurrencyLimiter(all.concurrency, all.queue);
    this.legacy = new ConcurrencyLimiter(legacy.concurrency, legacy.queue);
  }

  /** Returns whether a password matches a hash, and whether the hash is outdated. */
  verify({ password, hash, stillWanted }: PasswordCheck): Promise<PasswordMatch> {
    const check = () => this.all.run(() => checkHash(password, hash), stillWanted);
    // Only the cost selects the queue, so that a stand-in waits as long as a user's hash of the same cost.
    return hash.cost === CURRENT_COST ? check() : this.legacy.run(check, stillWanted);
  }

  /** Returns a new hash of a password. */
  hash(password: string, stillWanted: () => boolean): Promise<string> {
    return this.all.run(() => hashPassword(password), stillWanted);
  }
}
