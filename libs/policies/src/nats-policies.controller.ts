import { POLICY_SUBJECT } from '@gatehouse/contracts';
import { type ConcurrencyLimiter, histogram, Logger, MALFORMED } from '@gatehouse/platform';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { Evaluator } from './evaluator.js';
import { handlePolicyMessage } from './handle-message.js';
import { encodePolicyReply } from './written.js';

const answers = histogram('gatehouse_policy_answer_seconds', 'Questions about policies answered here', ['outcome']);

/** Injects how much is evaluated at a time. */
export const POLICY_LIMITER = Symbol('policy bounds');

/** Injects how many bytes a reply may have. */
export const POLICY_REPLY_BYTES = Symbol('policy reply bytes');

/** Where policies are asked for, in one queue group, so that every replica shares the work. */
@Controller()
export class PolicyController {
  private readonly logger = new Logger('policy');

  constructor(
    @Inject(Evaluator) private readonly evaluator: Evaluator,
    @Inject(POLICY_LIMITER) private readonly bounded: ConcurrencyLimiter,
    @Inject(POLICY_REPLY_BYTES) private readonly maxBytes: number,
  ) {}

  @MessagePattern(POLICY_SUBJECT, { queue: 'policy' })
  async evaluate(@Payload() body: unknown) {
    const began = performance.now();
    const { evaluator, bounded, logger } = this;
    const report = (message: string, error: unknown) => logger.fault(message, error, { turn: requestIdOf(body) });
    const reply = await handlePolicyMessage(body === MALFORMED ? undefined : body, { evaluator, bounded, report });
    const outcome = 'problem' in reply ? reply.problem.code : 'evaluated';
    const seconds = (performance.now() - began) / 1000;
    answers.observe({ outcome }, seconds);
    logger.debug({ turn: requestIdOf(body), outcome, ms: seconds * 1000 });
    return encodePolicyReply(reply, this.maxBytes);
  }
}

/** `<plan>.<revision>.<turn>`, by which the logs of the gateway and of this service are joined. */
const requestIdOf = (body: unknown) => (body as { id?: unknown } | null)?.id;
