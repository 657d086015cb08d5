import { stageModule } from '@gatehouse/stage-kit';
import { denyContract } from './deny.contract.js';
import { DenyStage } from './deny.stage.js';

/** Returns the module that serves the deny stage. */
export const denyModule = () => stageModule(denyContract, DenyStage);
