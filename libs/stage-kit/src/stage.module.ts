import { type StageContract, type StageVerb, stageSubject } from '@gatehouse/contracts';
import { histogram, Logger, MALFORMED } from '@gatehouse/platform';
import { Controller, type DynamicModule, Inject, type ModuleMetadata, type Type } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { encodeReply } from './encode-reply.js';
import { handleStageMessage as answerOf } from './handle-message.js';
import { describeHandler } from './self-description.js';
import type { Stage } from './stage.js';

const answers = histogram('gatehouse_stage_answer_seconds', 'Answers of stages served here', [
  'kind',
  'verb',
  'outcome',
]);

/** `<plan>.<revision>.<turn>` of a request, by which the logs of the gateway and of stages are joined. */
const idOf = (body: unknown) => (body as { id?: unknown } | null)?.id;

/** A stage on the bus in one expression: its contract, its handler and what the handler needs. */
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

/** The subjects of a kind, in the kind's own queue group: every deployment that serves it shares the work. */
function stageController<C extends StageContract>(contract: C, handler: Type<Stage<C>>) {
  const queue = { queue: contract.kind };
  const [answer, description] = [messageHandler(contract), describeHandler(contract)];

  @Controller()
  class StageController {
    constructor(@Inject(handler) private readonly stage: Stage<C>) {}

    @MessagePattern(stageSubject(contract.kind, 'challenge'), queue)
    challenge(@Payload() body: unknown) {
      return answer(this.stage, 'challenge', body);
    }

    @MessagePattern(stageSubject(contract.kind, 'respond'), queue)
    respond(@Payload() body: unknown) {
      return answer(this.stage, 'respond', body);
    }

    @MessagePattern(stageSubject(contract.kind, 'describe'), queue)
    describe(@Payload() body: unknown) {
      return description(body);
    }
  }
  return StageController;
}

/** How a stage of this contract answers: as bytes, measured and noted. */
function messageHandler<C extends StageContract>(contract: C) {
  const { kind } = contract;
  const logger = new Logger(kind);
  return async (stage: Stage<C>, verb: StageVerb, body: unknown) => {
    const began = performance.now();
    const report = (message: string, error: unknown, facts: object) => logger.fault(message, error, { ...facts });
    const given = { verb, body: body === MALFORMED ? undefined : body, report };
    const { outcome, bytes } = encodeReply(await answerOf(contract, stage, given), (error) =>
      report('a stage failed', error, { kind, verb }),
    );
    const seconds = (performance.now() - began) / 1000;
    answers.observe({ kind, verb, outcome }, seconds);
    logger.debug({ turn: idOf(body), verb, outcome, ms: seconds * 1000 });
    return bytes;
  };
}
