import { directoryModule } from '@gatehouse/directory';
import { readConfig } from '@gatehouse/platform';
import { natsModule, stageModule } from '@gatehouse/stage-kit';
import { Evaluations } from './evaluations.js';
import { NatsEvaluations } from './nats-form-policy.client.js';
import { limitsOf, promptConfig } from './prompt.config.js';
import { promptContract } from './prompt.contract.js';
import { PROMPT_LIMITS, PromptStage } from './prompt.stage.js';

/** The prompt stage on the bus, with the policy service and the names that are taken. */
export const promptModule = () =>
  stageModule(promptContract, PromptStage, {
    imports: [directoryModule(), natsModule(promptContract.service)],
    providers: [
      { provide: Evaluations, useClass: NatsEvaluations },
      { provide: PROMPT_LIMITS, useFactory: () => limitsOf(readConfig(promptConfig)) },
    ],
  });
