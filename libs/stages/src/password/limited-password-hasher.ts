import { ConcurrencyLimiter } from '@gatehouse/platform';
import { type PasswordCheck, PasswordHasher, type PasswordMatch } from './password-hasher.js';
import { hashPassword, verifyPassword } from './password-hashes.js';

interface Bounds {
  /** Hashes at a time; more than there are cores only makes each slower. */
  readonly concurrency: number;
  /** Hashes that may wait. */
  readonly queue: number;
}

/** Hashes on libuv's threads, so many at a time and no more waiting than somebody still waits for. */
export class LimitedPasswordHasher extends PasswordHasher {
  private readonly bounded: ConcurrencyLimiter;

  constructor({ concurrency, queue }: Bounds) {
    super();
    this.bounded = new ConcurrencyLimiter(concurrency, queue);
  }

  verify({ password, stored = '', stillWanted }: PasswordCheck): Promise<PasswordMatch> {
    return this.bounded.run(() => verifyPassword(password, stored), stillWanted);
  }

  hash(password: string, stillWanted: () => boolean): Promise<string> {
    return this.bounded.run(() => hashPassword(password), stillWanted);
  }
}
