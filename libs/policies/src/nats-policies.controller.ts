import { POLICY_SUBJECT, STAGE_PROBLEM_CODES, traceAttributes } from '@gatehouse/contracts';
import {
  annotateSpan,
  type ConcurrencyLimiter,
  histogram,
  Logger,
  MALFORMED,
  requestFields,
} from '@gatehouse/platform';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { Evaluator } from './evaluator.js';
import { encodePolicyReply, handlePolicyMessage } from './handle-message.js';

const answers = histogram({
  name: 'gatehouse_policy_answer_seconds',
  question: 'slow',
  help: 'Durations of requests, each for one or more policies',
  labels: { outcome: ['evaluated', ...STAGE_PROBLEM_CODES] },
});

/** Injection token of the limiter of concurrent requests. */
export const POLICY_LIMITER = Symbol('policy limiter');

/** Injection token of the largest size of a reply, in bytes. */
export const POLICY_REPLY_BYTES = Symbol('policy reply bytes');

/** Serves policy requests. All replicas are in one NATS queue group, so each request goes to one of them. */
@Controller()
export class PolicyController {
  private readonly logger = new Logger();

  constructor(
    @Inject(Evaluator) private readonly evaluator: Evaluator,
    @Inject(POLICY_LIMITER) private readonly limiter: ConcurrencyLimiter,
    @Inject(POLICY_REPLY_BYTES) private readonly maxBytes: number,
  ) {}

  @MessagePattern(POLICY_SUBJECT, { queue: 'policy' })
  async evaluate(@Payload() body: unknown) {
    const startedAt = performance.now();
    const { evaluator, limiter, logger } = this;
    const ids = requestFields(body);
    const report = (error: unknown) => logger.event('policies_failed', { ...ids, error });
    const reply = await handlePolicyMessage(body === MALFORMED ? undefined : body, { evaluator, limiter, report });
    const outcome = 'problem' in reply ? reply.problem.code : 'evaluated';
    const ms = performance.now() - startedAt;
    answers.observe({ outcome }, ms / 1000);
    annotateSpan(() => ({
      [traceAttributes.turn]: String(ids.request),
      [traceAttributes.outcome]: outcome,
    }));
    logger.event('policies_answered', { ...ids, outcome, duration_ms: Math.round(ms) });
    return encodePolicyReply(reply, this.maxBytes);
  }
}
