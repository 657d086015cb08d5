import { directoryModule } from '@gatehouse/directory';
import { readConfig } from '@gatehouse/platform';
import { natsModule, stageModule } from '@gatehouse/stage-kit';
import { FormPolicyClient } from './form-policy.client.js';

import { limitsOf, promptEnvironment } from './prompt.config.js';
import { promptContract } from './prompt.contract.js';
import { PROMPT_LIMITS, PromptStage } from './prompt.stage.js';

/** Returns the module that serves the prompt stage. */
export const promptModule = () =>
  stageModule(promptContract, PromptStage, {
    imports: [directoryModule(), natsModule(promptContract.service)],
    providers: [
      FormPolicyClient,
      { provide: PROMPT_LIMITS, useFactory: () => limitsOf(readConfig(promptEnvironment)) },
    ],
  });
