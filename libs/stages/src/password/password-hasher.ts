import { WaitLimiter, type WaitLimits, withSpan } from '@gatehouse/platform';
import { CURRENT_COST, checkHash, hashPassword, type PasswordMatch } from './password-hashes.js';
import type { StoredHash } from './stored-hash.js';

export interface PasswordCheck {
  readonly password: string;
  /** The hash to compare with: the user's hash, or a stand-in that no password matches if there is no usable hash. */
  readonly hash: StoredHash;
  /** Returns whether the caller still waits for the result. */
  readonly stillWanted: () => boolean;
}

/**
 * How many hashes may run at the same time, and how long a hash may wait. More hashes than cores would only slow each
 * other down.
 */
type Limits = Omit<WaitLimits, 'assumedTaskMs' | 'work'>;

/** Milliseconds that a current hash and a legacy hash are assumed to take until the first hash is measured. */
const ASSUMED_MS = { all: 10, legacy: 100 };

/** Limits of all hashes, and additional limits of the legacy hashes, whose cost is not `CURRENT_COST`. */
export interface PasswordHashLimits {
  readonly all: Limits;
  readonly legacy: Limits;
}

/**
 * Verifies and creates password hashes on libuv's threads, a limited number at the same time. Each call computes
 * exactly one hash. Legacy hashes have additional limits, so that after an import they cannot delay all other logins.
 * Both methods throw `BusyError` if the expected wait is above the limit, or if `stillWanted` returns `false` before
 * the hash starts.
 */
export class PasswordHasher {
  private readonly all: WaitLimiter;
  private readonly legacy: WaitLimiter;

  constructor({ all, legacy }: PasswordHashLimits) {
    this.all = new WaitLimiter({ ...all, assumedTaskMs: ASSUMED_MS.all, work: 'password' });
    this.legacy = new WaitLimiter({ ...legacy, assumedTaskMs: ASSUMED_MS.legacy, work: 'password_legacy' });
  }

  /** Returns whether a password matches a hash, and whether the hash is outdated. */
  verify({ password, hash, stillWanted }: PasswordCheck): Promise<PasswordMatch> {
    return inHashSpan('check password hash', (begun) => {
      const compare = () => {
        begun();
        return checkHash(password, hash);
      };
      const check = () => this.all.run(compare, stillWanted);
      // Only the cost decides whether the legacy limits also apply to a check. So a stand-in waits as long as a user's
      // hash of the same cost.
      return hash.cost === CURRENT_COST ? check() : this.legacy.run(check, stillWanted);
    });
  }

  /** Returns a new hash of a password. */
  hash(password: string, stillWanted: () => boolean): Promise<string> {
    return inHashSpan('hash password', (begun) => {
      const compute = () => {
        begun();
        return hashPassword(password);
      };
      return this.all.run(compute, stillWanted);
    });
  }
}

/**
 * Runs `task` in a span. `task` calls `begun` when its hash starts. This adds the event `started` to the span, which
 * separates the time in the queue from the time of the computation.
 */
const inHashSpan = <T>(name: string, task: (begun: () => void) => Promise<T>): Promise<T> =>
  withSpan(
    () => ({ name }),
    (span) => task(() => span?.addEvent('started')),
  );
