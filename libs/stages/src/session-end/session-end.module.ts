import { stageModule } from '@gatehouse/stage-kit';
import { sessionEndContract } from './session-end.contract.js';
import { SessionEndStage } from './session-end.stage.js';

/** Returns the module that serves the session end stage. */
export const sessionEndModule = () => stageModule(sessionEndContract, SessionEndStage);
