import { stageModule } from '@gatehouse/stage-kit';
import { dummyContract } from './dummy.contract.js';
import { DummyStage } from './dummy.stage.js';

/** The dummy stage on the bus. */
export const dummyModule = () => stageModule(dummyContract, DummyStage);
