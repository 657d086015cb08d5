import { stageModule } from '@gatehouse/stage-kit';
import { userLogoutContract } from './user-logout.contract.js';
import { UserLogoutStage } from './user-logout.stage.js';

/** The user logout stage on the bus. */
export const userLogoutModule = () => stageModule(userLogoutContract, UserLogoutStage);
