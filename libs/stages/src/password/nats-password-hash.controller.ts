import {
  PASSWORD_HASH_SUBJECT,
  type PasswordHashReply,
  passwordHashRequest,
  type StageProblem,
} from '@gatehouse/contracts';
import { BusyError, Logger, MALFORMED } from '@gatehouse/platform';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { PasswordHasher } from './password-hasher.js';

/**
 * Hashes passwords for services that save users. Because one service computes all hashes, it can limit how many run at
 * the same time.
 */
@Controller()
export class PasswordHashController {
  private readonly logger = new Logger();

  constructor(@Inject(PasswordHasher) private readonly hasher: PasswordHasher) {}

  @MessagePattern(PASSWORD_HASH_SUBJECT, { queue: 'password' })
  async hash(@Payload() body: unknown): Promise<PasswordHashReply | StageProblem> {
    const request = passwordHashRequest.safeParse(body === MALFORMED ? undefined : body);
    // The problem has no detail, because the parse error could contain the password.
    if (!request.success) return { problem: { code: 'stage_bad_request' } };
    const deadline = performance.now() + request.data.timeout_ms;
    try {
      return { hash: await this.hasher.hash(request.data.password, () => performance.now() < deadline) };
    } catch (error) {
      if (error instanceof BusyError) return { problem: { code: 'stage_busy', retry_after_s: error.retryAfterS } };
      this.logger.event('password_hash_failed', { error });
      return { problem: { code: 'stage_fault' } };
    }
  }
}
