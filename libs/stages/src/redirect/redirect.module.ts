import { stageModule } from '@gatehouse/stage-kit';
import { redirectContract } from './redirect.contract.js';
import { RedirectStage } from './redirect.stage.js';

/** The redirect stage on the bus. */
export const redirectModule = () => stageModule(redirectContract, RedirectStage);
