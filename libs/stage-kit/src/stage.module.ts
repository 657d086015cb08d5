import {
  FLOW_VERBS,
  STAGE_OUTCOMES,
  type StageContract,
  type StageVerb,
  stageSubject,
  traceAttributes,
} from '@gatehouse/contracts';
import { annotateSpan, histogram, Logger, MALFORMED } from '@gatehouse/platform';
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

/** Returns the id of a request, which connects the log lines of the gateway with those of the stages. */
const idOf = (body: unknown) => (body as { id?: unknown } | null)?.id;

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
 * Returns the controller of the NATS subjects of one stage kind. The queue group is the kind, so that the processes
 * that serve the kind share its requests.
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
  const logger = new Logger(kind);
  return async (stage: Stage<C>, verb: StageVerb, body: unknown) => {
    const startedAt = performance.now();
    const report = (message: string, error: unknown, facts: object) => logger.fault(message, error, { ...facts });
    const message = { verb, body: body === MALFORMED ? undefined : body, report };
    const { outcome, bytes } = encodeReply(await handleStageMessage(contract, stage, message), (error) =>
      report('a stage failed', error, { kind, verb }),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    durations.observe({ kind, verb, outcome }, seconds);
    annotateSpan(() => ({
      [traceAttributes.stageKind]: kind,
      [traceAttributes.stageVerb]: verb,
      [traceAttributes.turn]: String(idOf(body)),
      [traceAttributes.outcome]: outcome,
    }));
    logger.debug({ turn: idOf(body), verb, outcome, ms: seconds * 1000 });
    return bytes;
  };
}
