import { directoryModule } from '@gatehouse/directory';
import { readConfig } from '@gatehouse/platform';
import { serveStage } from '@gatehouse/stage-kit';
import { BoundedPasswordHasher } from './bounded-password-hasher.js';
import { NatsPasswordHashesController } from './nats-password-hashes.controller.js';
import { passwordConfig } from './password.config.js';
import { passwordContract } from './password.contract.js';
import { PasswordStage } from './password.stage.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordProof } from './password-proof.js';

/** The password stage on the bus, with the directory's credentials and a bounded hasher. */
export const passwordModule = () =>
  serveStage(passwordContract, PasswordStage, {
    imports: [directoryModule()],
    controllers: [NatsPasswordHashesController],
    providers: [PasswordProof, { provide: PasswordHasher, useFactory: hasherOfEnvironment }],
  });

function hasherOfEnvironment() {
  const { PASSWORD_CONCURRENCY, PASSWORD_QUEUE } = readConfig(passwordConfig);
  return new BoundedPasswordHasher({ concurrency: PASSWORD_CONCURRENCY, queue: PASSWORD_QUEUE });
}
