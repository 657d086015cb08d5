import {
  SOURCE_BEGIN_SUBJECT,
  SOURCE_COMPLETE_SUBJECT,
  SOURCE_QUEUE,
  type SourceBeginReply,
  type SourceCompleteReply,
  type StageProblem,
  sourceBeginRequest,
  sourceCompleteRequest,
} from '@gatehouse/contracts';
import { Logger, MALFORMED } from '@gatehouse/platform';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { ProviderLoginService } from './provider-login.service.js';

const QUEUE = { queue: SOURCE_QUEUE };

/** Begins and completes logins elsewhere, for the gateway. */
@Controller()
export class ProviderLoginController {
  private readonly logger = new Logger('providers');

  constructor(@Inject(ProviderLoginService) private readonly logins: ProviderLoginService) {}

  @MessagePattern(SOURCE_BEGIN_SUBJECT, QUEUE)
  begin(@Payload() body: unknown): Promise<SourceBeginReply | StageProblem> {
    return this.answer(sourceBeginRequest, body, (request) => this.logins.begin(request));
  }

  @MessagePattern(SOURCE_COMPLETE_SUBJECT, QUEUE)
  complete(@Payload() body: unknown): Promise<SourceCompleteReply | StageProblem> {
    return this.answer(sourceCompleteRequest, body, (request) => this.logins.complete(request));
  }

  private async answer<S extends z.ZodType, T>(shape: S, body: unknown, work: (request: z.output<S>) => Promise<T>) {
    const request = shape.safeParse(body === MALFORMED ? undefined : body);
    // What is wrong with it is not told: it carries secrets.
    if (!request.success) return { problem: { code: 'stage_bad_request' as const } };
    try {
      return await work(request.data);
    } catch (error) {
      this.logger.fault('a login elsewhere failed', error);
      return { problem: { code: 'stage_fault' as const } };
    }
  }
}
