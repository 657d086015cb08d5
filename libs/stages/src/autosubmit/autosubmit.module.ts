import { stageModule } from '@gatehouse/stage-kit';
import { autosubmitContract } from './autosubmit.contract.js';
import { AutosubmitStage } from './autosubmit.stage.js';

/** The autosubmit stage on the bus. */
export const autosubmitModule = () => stageModule(autosubmitContract, AutosubmitStage);
