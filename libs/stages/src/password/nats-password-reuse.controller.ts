import {
  PASSWORD_REUSE_SUBJECT,
  type PasswordReuseReply,
  passwordReuseRequest,
  type StageProblem,
} from '@gatehouse/contracts';
import { CredentialStore } from '@gatehouse/directory';
import { BusyError, isDatabaseUnavailable, Logger, MALFORMED } from '@gatehouse/platform';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { PasswordHasher } from './password-hasher.js';
import { parseHash } from './password-hashes.js';

/**
 * Compares a new password with the last passwords of its user, for the policy service, which may not read hashes
 * (docs/spec/policies.md#unique-password).
 */
@Controller()
export class PasswordReuseController {
  private readonly logger = new Logger();

  constructor(
    @Inject(PasswordHasher) private readonly hasher: PasswordHasher,
    @Inject(CredentialStore) private readonly credentials: CredentialStore,
  ) {}

  @MessagePattern(PASSWORD_REUSE_SUBJECT, { queue: 'password' })
  async compare(@Payload() body: unknown): Promise<PasswordReuseReply | StageProblem> {
    const request = passwordReuseRequest.safeParse(body === MALFORMED ? undefined : body);
    // The problem has no detail, because the parse error could contain the password.
    if (!request.success) return { problem: { code: 'stage_bad_request' } };
    try {
      return { reused: await this.isReused(request.data) };
    } catch (error) {
      if (error instanceof BusyError) return { problem: { code: 'stage_busy', retry_after_s: error.retryAfterS } };
      if (isDatabaseUnavailable(error)) return { problem: { code: 'stage_busy', retry_after_s: 1 } };
      this.logger.event('password_reuse_failed', { error });
      return { problem: { code: 'stage_fault' } };
    }
  }

  /** Compares the password with one hash after the other, so that a request occupies only one slot of the hasher. */
  private async isReused({ user, count, password, timeout_ms }: z.output<typeof passwordReuseRequest>) {
    const deadline = performance.now() + timeout_ms;
    const stillWanted = () => performance.now() < deadline;
    for (const stored of await this.credentials.findPasswordHistory(user, count)) {
      const match = await this.hasher.verify({ password, hash: parseHash(stored), stillWanted });
      if (match !== 'wrong') return true;
    }
    return false;
  }
}
