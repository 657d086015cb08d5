import { Bounded } from '@gatehouse/platform';
import { PasswordHasher, type Question, type Verdict } from './password-hasher.js';
import { comparePassword, hashPassword } from './passwords.js';

interface Bounds {
  /** Hashes at a time; more than there are cores only makes each slower. */
  readonly concurrency: number;
  /** Hashes that may wait. */
  readonly queue: number;
}

/** Hashes on libuv's threads, so many at a time and no more waiting than somebody still waits for. */
export class BoundedPasswordHasher extends PasswordHasher {
  private readonly bounded: Bounded;

  constructor({ concurrency, queue }: Bounds) {
    super();
    this.bounded = new Bounded(concurrency, queue);
  }

  verify({ password, stored = '', stillWanted }: Question): Promise<Verdict> {
    return this.bounded.run(() => comparePassword(password, stored), stillWanted);
  }

  hash(password: string, stillWanted: () => boolean): Promise<string> {
    return this.bounded.run(() => hashPassword(password), stillWanted);
  }
}
