import { randomBytes } from 'node:crypto';
import { generateSync } from 'otplib';
import type { Share } from './arrivals.js';
import type { LoadUsers } from './load-users.js';
import type { Placeholder } from './scenario.js';
import { addressOf } from './visitor.js';

/** Seconds for which one code of an authenticator app is valid. */
const TOTP_PERIOD_S = 30;

/** The account of one visit. */
export interface Account {
  readonly username: string;
  /** A network address that only this account has, in 10.0.0.0/8. */
  readonly address: string;
  /** Returns the value of a placeholder. Throws `NoCodeLeftError` if all codes have been used. */
  readonly valueOf: (placeholder: Placeholder) => string;
}

/** Thrown when an account has used all its codes. This is not a failure of the deployment. */
export class NoCodeLeftError extends Error {
  override readonly name = 'NoCodeLeftError';
}

/** Settings of the accounts of a load generator. */
export interface UserRingOptions {
  /** Number of accounts of all load generators together. */
  readonly count: number;
  /**
   * `firstCode` is the number of the first recovery code that no earlier run used, `staticCodes` the number of all
   * codes.
   */
  readonly firstCode: number;
  readonly staticCodes: number;
  readonly share: Share;
}

/** Hands out the accounts of one load generator in turn, and remembers which codes each has used. */
export class UserRing {
  private turn = 0;
  private readonly lastStep = new Map<number, number>();
  private readonly codesUsed = new Map<number, number>();

  constructor(
    private readonly users: LoadUsers,
    private readonly options: UserRingOptions,
  ) {}

  /** Returns the next account. */
  next(): Account {
    const { count, share } = this.options;
    const own = Math.max(1, Math.floor((count - share.index + share.of - 1) / share.of));
    const index = (share.index + (this.turn++ % own) * share.of) % count;
    return {
      username: this.users.username(index),
      address: addressOf(index),
      valueOf: (placeholder) => this.valueOf(placeholder, index),
    };
  }

  private valueOf(placeholder: Placeholder, index: number): string {
    switch (placeholder) {
      case 'user':
        return this.users.username(index);
      case 'password':
        return this.users.password;
      case 'totp':
        return this.totpCode(index);
      case 'static':
        return this.staticCode(index);
      case 'new':
        return `${this.users.prefix}new-${randomBytes(9).toString('hex')}`;
    }
  }

  /**
   * Returns an unused code of an account. A code works once. Gatehouse also accepts the code of the next period, so an
   * account can log in twice within a period.
   */
  private totpCode(index: number): string {
    const now = Math.floor(Date.now() / 1000 / TOTP_PERIOD_S);
    const step = Math.max(now, (this.lastStep.get(index) ?? 0) + 1);
    if (step > now + 1) throw new NoCodeLeftError('no unused code: more users are needed');
    this.lastStep.set(index, step);
    return generateSync({ secret: this.users.totpSecret(index), epoch: step * TOTP_PERIOD_S });
  }

  private staticCode(index: number): string {
    const number = this.codesUsed.get(index) ?? this.options.firstCode;
    if (number >= this.options.staticCodes) throw new NoCodeLeftError('no unused recovery code: create more');
    this.codesUsed.set(index, number + 1);
    return this.users.staticCode(index, number);
  }
}
