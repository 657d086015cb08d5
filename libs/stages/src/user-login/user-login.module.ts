import { stageModule } from '@gatehouse/stage-kit';
import { userLoginContract } from './user-login.contract.js';
import { UserLoginStage } from './user-login.stage.js';

/** Returns the module that serves the user login stage. */
export const userLoginModule = () => stageModule(userLoginContract, UserLoginStage);
