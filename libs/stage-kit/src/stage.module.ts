import {
  FLOW_VERBS,
  STAGE_OUTCOMES,
  type StageContract,
  type StageVerb,
  stageSubject,
  traceAttributes,
} from '@gatehouse/contracts';
import { annotateSpan, histogram, Logger, MALFORMED, requestFields } from '@gatehouse/platform';
import { Controller, type DynamicModule, Inject, type ModuleMetadata, type Type } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { describeHandler } from './describe-handler.js';
import { encodeReply } from './encode-reply.js';
import { handleStageMessage } from './handle-message.js';
import type { Stage } from './stage.js';

const durations = histogram({
  name: 'gatehouse_stage_answer_seconds',
  question: 'slow',
  help: 'Durations of requests to stages, measured by their service',
  labels: { kind: 'the kind of the stage', verb: FLOW_VERBS, outcome: STAGE_OUTCOMES },
});

/** Returns the Nest module that serves a stage on the bus, with the providers and imports that its handler needs. */
export function stageModule<C extends StageContract>(
  contract: C,
  stage: Type<Stage<C>>,
  {
    providers = [],
    imports = [],
    controllers = [],
  }: Pick<ModuleMetadata, 'imports' | 'providers' | 'controllers'> = {},
): DynamicModule {
  class StageModule {}
  return {
    module: StageModule,
    imports,
    providers: [stage, ...providers],
    controllers: [stageController(contract, stage), ...controllers],
  };
}

/**
 * Returns the controller of the NATS subjects of one stage kind. The NATS queue group is the kind, so that each request
 * reaches only one of the processes that serve the kind.
 */
function stageController<C extends StageContract>(contract: C, handler: Type<Stage<C>>) {
  const queue = { queue: contract.kind };
  const [handleMessage, handleDescribe] = [messageHandler(contract), describeHandler(contract)];

  @Controller()
  class StageController {
    constructor(@Inject(handler) private readonly stage: Stage<C>) {}

    @MessagePattern(stageSubject(contract.kind, 'challenge'), queue)
    challenge(@Payload() body: unknown) {
      return handleMessage(this.stage, 'challenge', body);
    }

    @MessagePattern(stageSubject(contract.kind, 'respond'), queue)
    respond(@Payload() body: unknown) {
      return handleMessage(this.stage, 'respond', body);
    }

    @MessagePattern(stageSubject(contract.kind, 'describe'), queue)
    describe(@Payload() body: unknown) {
      return handleDescribe(body);
    }
  }
  return StageController;
}

/**
 * Returns the function that handles a request for the stage, serialises the reply, and records the duration and the
 * outcome.
 */
function messageHandler<C extends StageContract>(contract: C) {
  const { kind } = contract;
  const logger = new Logger();
  return async (stage: Stage<C>, verb: StageVerb, body: unknown) => {
    const startedAt = performance.now();
    const facts = { ...requestFields(body), stage: kind, verb };
    const report = (error: unknown) => logger.event('stage_failed', { ...facts, error });
    const message = { verb, body: body === MALFORMED ? undefined : body, report };
    const { outcome, bytes } = encodeReply(await handleStageMessage(contract, stage, message), report);
    const ms = performance.now() - startedAt;
    durations.observe({ kind, verb, outcome }, ms / 1000);
    annotateSpan(() => ({
      [traceAttributes.stageKind]: kind,
      [traceAttributes.stageVerb]: verb,
      [traceAttributes.turn]: String(facts.request),
      [traceAttributes.outcome]: outcome,
    }));
    logger.event('stage_answered', { ...facts, outcome, duration_ms: Math.round(ms) });
    return bytes;
  };
}
