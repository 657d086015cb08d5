import { stageModule } from '@gatehouse/stage-kit';
import { redirectContract } from './redirect.contract.js';
import { RedirectStage } from './redirect.stage.js';

/** Returns the module that serves the redirect stage. */
export const redirectModule = () => stageModule(redirectContract, RedirectStage);
