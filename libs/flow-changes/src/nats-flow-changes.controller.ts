import {
  BlueprintError,
  FlowChangeBusyError,
  FlowReleaseError,
  type FlowReleaseErrorCode,
  RunTimeoutError,
  UnknownFlowError,
} from '@gatehouse/blueprints';
import {
  FLOW_CHANGE_QUEUE,
  type FLOW_REFUSALS,
  type FlowChangeOperation,
  type FlowChangeReply,
  flowChangeOperations,
  type StageProblem,
} from '@gatehouse/contracts';
import {
  BusyError,
  type ConcurrencyLimiter,
  compressText,
  isDatabaseUnavailable,
  Logger,
  MALFORMED,
} from '@gatehouse/platform';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { FlowChangeService } from './flow-change.service.js';

const QUEUE = { queue: FLOW_CHANGE_QUEUE };

/** Injection token of the limiter of concurrent changes. */
export const FLOW_CHANGE_LIMITER = Symbol('flow change limiter');

/**
 * Serves requests of the gateway about flows. All replicas are in one NATS queue group, so each request goes to one of
 * them.
 */
@Controller()
export class FlowChangesController {
  private readonly logger = new Logger();

  constructor(
    @Inject(FlowChangeService) private readonly service: FlowChangeService,
    @Inject(FLOW_CHANGE_LIMITER) private readonly limiter: ConcurrencyLimiter,
  ) {}

  @MessagePattern(flowChangeOperations.check.subject, QUEUE)
  check(@Payload() body: unknown) {
    return this.answer('check', body);
  }

  @MessagePattern(flowChangeOperations.compare.subject, QUEUE)
  compare(@Payload() body: unknown) {
    return this.answer('compare', body);
  }

  @MessagePattern(flowChangeOperations.apply.subject, QUEUE)
  apply(@Payload() body: unknown) {
    return this.answer('apply', body);
  }

  @MessagePattern(flowChangeOperations.draft.subject, QUEUE)
  draft(@Payload() body: unknown) {
    return this.answer('draft', body);
  }

  @MessagePattern(flowChangeOperations.versions.subject, QUEUE)
  versions(@Payload() body: unknown) {
    return this.answer('versions', body);
  }

  @MessagePattern(flowChangeOperations.diff.subject, QUEUE)
  diff(@Payload() body: unknown) {
    return this.answer('diff', body);
  }

  @MessagePattern(flowChangeOperations.publish.subject, QUEUE)
  publish(@Payload() body: unknown) {
    return this.answer('publish', body);
  }

  @MessagePattern(flowChangeOperations.startRollout.subject, QUEUE)
  startRollout(@Payload() body: unknown) {
    return this.answer('startRollout', body);
  }

  @MessagePattern(flowChangeOperations.rollout.subject, QUEUE)
  rollout(@Payload() body: unknown) {
    return this.answer('rollout', body);
  }

  @MessagePattern(flowChangeOperations.rollback.subject, QUEUE)
  rollback(@Payload() body: unknown) {
    return this.answer('rollback', body);
  }

  @MessagePattern(flowChangeOperations.export.subject, QUEUE)
  export(@Payload() body: unknown) {
    return this.answer('export', body);
  }

  private async answer(operation: FlowChangeOperation, body: unknown): Promise<FlowChangeReply | StageProblem> {
    const startedAt = performance.now();
    const reply = await this.replyTo(operation, body);
    const outcome = 'result' in reply ? 'done' : 'refused' in reply ? reply.refused.code : reply.problem.code;
    const duration = Math.round(performance.now() - startedAt);
    this.logger.event('flow_change_answered', { operation, outcome, duration_ms: duration });
    return reply;
  }

  private async replyTo(operation: FlowChangeOperation, body: unknown): Promise<FlowChangeReply | StageProblem> {
    const request = flowChangeOperations[operation].request.safeParse(body === MALFORMED ? undefined : body);
    // No details in this problem, because they might contain secrets of the blueprint.
    if (!request.success) return { problem: { code: 'stage_bad_request' } };
    try {
      const work = this.service[operation].bind(this.service) as (request: unknown) => Promise<unknown>;
      const result = await this.limiter.run(() => work(request.data));
      return { result: await compressText(JSON.stringify(result)) };
    } catch (error) {
      const refused = refusalOf(error);
      if (refused) return { refused };
      if (isDatabaseUnavailable(error)) return { problem: { code: 'stage_busy', retry_after_s: 1 } };
      this.logger.event('flow_change_failed', { operation, error });
      return { problem: { code: 'stage_fault' } };
    }
  }
}

interface Refusal {
  readonly code: (typeof FLOW_REFUSALS)[number];
  readonly detail?: string;
}

const RELEASE_REFUSALS: Readonly<Record<FlowReleaseErrorCode, Refusal['code']>> = {
  unknown_flow: 'flow_unknown',
  unknown_version: 'flow_version_unknown',
  nothing_newer: 'flow_version_unknown',
  nothing_before: 'flow_version_unknown',
  version_deleted: 'flow_version_unknown',
  unusable_version: 'flow_version_unusable',
  slug_taken: 'flow_version_unusable',
  already_current: 'flow_version_unusable',
  rollout_running: 'flow_version_unusable',
  no_rollout: 'flow_rollout_unknown',
  changed_meanwhile: 'flow_changed',
};

function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof UnknownFlowError) return { code: 'flow_unknown', detail: error.message };
  if (error instanceof FlowReleaseError) return { code: RELEASE_REFUSALS[error.code], detail: error.message };
  if (error instanceof BlueprintError) return { code: 'blueprint_invalid', detail: error.message };
  if (error instanceof BusyError || error instanceof FlowChangeBusyError) return { code: 'flow_change_busy' };
  return error instanceof RunTimeoutError ? { code: 'flow_change_timeout' } : undefined;
}
