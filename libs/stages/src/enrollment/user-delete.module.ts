import { stageModule } from '@gatehouse/stage-kit';
import { enrollmentModule } from './enrollment.module.js';
import { userDeleteContract } from './user-delete.contract.js';
import { UserDeleteStage } from './user-delete.stage.js';

/** The user delete stage on the bus. */
export const userDeleteModule = () =>
  stageModule(userDeleteContract, UserDeleteStage, { imports: [enrollmentModule()] });
