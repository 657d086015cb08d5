import { stageModule } from '@gatehouse/stage-kit';
import { userLoginContract } from './user-login.contract.js';
import { UserLoginStage } from './user-login.stage.js';

/** The user login stage on the bus. */
export const userLoginModule = () => stageModule(userLoginContract, UserLoginStage);
