import { PASSWORD_REUSE_SUBJECT, PROTOCOL_VERSION, Problem, passwordReuseReply } from '@gatehouse/contracts';
import { Requester, requestOverBus } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { UndecidedPolicyError } from '../policy.js';

/** A new password of a user, and the number of earlier passwords to compare it with. */
export interface PasswordComparison {
  readonly user: string;
  readonly password: string;
  readonly count: number;
}

/** Compares new passwords with earlier ones. */
export abstract class PasswordHistoryClient {
  /** Returns whether the password equals an earlier one. Throws UndecidedPolicyError if there is no answer in time. */
  abstract isReused(comparison: PasswordComparison, timeLeftMs: number): Promise<boolean>;
}

/** Asks the password service, because only that service reads hashes. */
@Injectable()
export class NatsPasswordHistoryClient extends PasswordHistoryClient {
  constructor(@Inject(Requester) private readonly requester: Requester) {
    super();
  }

  async isReused(comparison: PasswordComparison, timeLeftMs: number): Promise<boolean> {
    const timeoutMs = Math.max(0, Math.floor(timeLeftMs));
    const body = JSON.stringify({ v: PROTOCOL_VERSION, timeout_ms: timeoutMs, ...comparison });
    const request = { subject: PASSWORD_REUSE_SUBJECT, body, timeoutMs, reply: passwordReuseReply };
    try {
      return (await requestOverBus(this.requester, request)).reused;
    } catch (cause) {
      if (!(cause instanceof Problem)) throw cause;
      throw new UndecidedPolicyError(`the password service cannot compare passwords: ${cause.code}`, { cause });
    }
  }
}
