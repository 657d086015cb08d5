import { stageModule } from '@gatehouse/stage-kit';
import { autosubmitContract } from './autosubmit.contract.js';
import { AutosubmitStage } from './autosubmit.stage.js';

/** Returns the module that serves the autosubmit stage. */
export const autosubmitModule = () => stageModule(autosubmitContract, AutosubmitStage);
