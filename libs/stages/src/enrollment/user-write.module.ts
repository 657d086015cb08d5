import { natsModule, stageModule } from '@gatehouse/stage-kit';
import { enrollmentModule } from './enrollment.module.js';
import { NatsPasswordHashClient, PasswordHashClient } from './password-hash.client.js';

import { userWriteContract } from './user-write.contract.js';
import { UserWriteStage } from './user-write.stage.js';

/** Returns the module that serves the user write stage. */
export const userWriteModule = () =>
  stageModule(userWriteContract, UserWriteStage, {
    imports: [enrollmentModule(), natsModule(userWriteContract.service)],
    providers: [{ provide: PasswordHashClient, useClass: NatsPasswordHashClient }],
  });
