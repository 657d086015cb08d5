import { stageModule } from '@gatehouse/stage-kit';
import { dummyContract } from './dummy.contract.js';
import { DummyStage } from './dummy.stage.js';

/** Returns the module that serves the dummy stage. */
export const dummyModule = () => stageModule(dummyContract, DummyStage);
