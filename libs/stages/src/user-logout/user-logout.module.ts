import { stageModule } from '@gatehouse/stage-kit';
import { userLogoutContract } from './user-logout.contract.js';
import { UserLogoutStage } from './user-logout.stage.js';

/** Returns the module that serves the user logout stage. */
export const userLogoutModule = () => stageModule(userLogoutContract, UserLogoutStage);
