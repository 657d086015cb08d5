import { stageModule } from '@gatehouse/stage-kit';
import { messageContract } from './message.contract.js';
import { MessageStage } from './message.stage.js';

/** The message stage on the bus. */
export const messageModule = () => stageModule(messageContract, MessageStage);
