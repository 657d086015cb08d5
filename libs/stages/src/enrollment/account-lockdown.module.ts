import { stageModule } from '@gatehouse/stage-kit';
import { accountLockdownContract } from './account-lockdown.contract.js';
import { AccountLockdownStage } from './account-lockdown.stage.js';
import { enrollmentModule } from './enrollment.module.js';

/** Returns the module that serves the account lockdown stage. */
export const accountLockdownModule = () =>
  stageModule(accountLockdownContract, AccountLockdownStage, { imports: [enrollmentModule()] });
