import {
  SOURCE_BEGIN_SUBJECT,
  SOURCE_COMPLETE_SUBJECT,
  SOURCE_KEYS_SUBJECT,
  SOURCE_QUEUE,
  type SourceBeginReply,
  type SourceCompleteReply,
  type SourceKeysReply,
  type StageProblem,
  sourceBeginRequest,
  sourceCompleteRequest,
  sourceKeysRequest,
} from '@gatehouse/contracts';
import { Logger, MALFORMED } from '@gatehouse/platform';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { ProviderLoginService } from './provider-login.service.js';

const QUEUE = { queue: SOURCE_QUEUE };

/** Serves the gateway's requests to begin and to complete a login at a provider, and for public keys. */
@Controller()
export class ProviderLoginController {
  private readonly logger = new Logger();

  constructor(@Inject(ProviderLoginService) private readonly logins: ProviderLoginService) {}

  @MessagePattern(SOURCE_BEGIN_SUBJECT, QUEUE)
  begin(@Payload() body: unknown): Promise<SourceBeginReply | StageProblem> {
    return this.handle(sourceBeginRequest, body, (request) => this.logins.begin(request));
  }

  @MessagePattern(SOURCE_COMPLETE_SUBJECT, QUEUE)
  complete(@Payload() body: unknown): Promise<SourceCompleteReply | StageProblem> {
    return this.handle(sourceCompleteRequest, body, (request) => this.logins.complete(request));
  }

  @MessagePattern(SOURCE_KEYS_SUBJECT, QUEUE)
  keys(@Payload() body: unknown): Promise<SourceKeysReply | StageProblem> {
    return this.handle(sourceKeysRequest, body, (request) => this.logins.fetchKeys(request));
  }

  private async handle<S extends z.ZodType, T>(
    schema: S,
    body: unknown,
    handler: (request: z.output<S>) => Promise<T>,
  ) {
    const request = schema.safeParse(body === MALFORMED ? undefined : body);
    // The problem has no details, because they could quote the secrets in the request.
    if (!request.success) return { problem: { code: 'stage_bad_request' as const } };
    try {
      return await handler(request.data);
    } catch (error) {
      this.logger.event('provider_login_failed', { error });
      return { problem: { code: 'stage_fault' as const } };
    }
  }
}
