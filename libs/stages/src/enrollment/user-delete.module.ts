import { stageModule } from '@gatehouse/stage-kit';
import { enrollmentModule } from './enrollment.module.js';
import { userDeleteContract } from './user-delete.contract.js';
import { UserDeleteStage } from './user-delete.stage.js';

/** Returns the module that serves the user delete stage. */
export const userDeleteModule = () =>
  stageModule(userDeleteContract, UserDeleteStage, { imports: [enrollmentModule()] });
