import { natsModule, stageModule } from '@gatehouse/stage-kit';
import { enrollmentModule } from './enrollment.module.js';
import { NatsPasswordHashClient } from './nats-password-hash.client.js';
import { PasswordHashClient } from './password-hash-client.js';
import { userWriteContract } from './user-write.contract.js';
import { UserWriteStage } from './user-write.stage.js';

/** The user write stage on the bus, with the service that hashes. */
export const userWriteModule = () =>
  stageModule(userWriteContract, UserWriteStage, {
    imports: [enrollmentModule(), natsModule(userWriteContract.service)],
    providers: [{ provide: PasswordHashClient, useClass: NatsPasswordHashClient }],
  });
