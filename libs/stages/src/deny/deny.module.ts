import { stageModule } from '@gatehouse/stage-kit';
import { denyContract } from './deny.contract.js';
import { DenyStage } from './deny.stage.js';

/** The deny stage on the bus. */
export const denyModule = () => stageModule(denyContract, DenyStage);
