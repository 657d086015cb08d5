import { stageModule } from '@gatehouse/stage-kit';
import { messageContract } from './message.contract.js';
import { MessageStage } from './message.stage.js';

/** Returns the module that serves the message stage. */
export const messageModule = () => stageModule(messageContract, MessageStage);
