import { busModule, serveStage } from '@gatehouse/stage-kit';
import { enrollmentModule } from './enrollment.module.js';
import { NatsPasswordHashes } from './nats-password-hashes.js';
import { PasswordHashes } from './password-hashes.js';
import { userWriteContract } from './user-write.contract.js';
import { UserWriteStage } from './user-write.stage.js';

/** The user write stage on the bus, with the service that hashes. */
export const userWriteModule = () =>
  serveStage(userWriteContract, UserWriteStage, {
    imports: [enrollmentModule(), busModule(userWriteContract.service)],
    providers: [{ provide: PasswordHashes, useClass: NatsPasswordHashes }],
  });
