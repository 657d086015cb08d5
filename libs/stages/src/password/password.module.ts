import { directoryModule } from '@gatehouse/directory';
import { readConfig } from '@gatehouse/platform';
import { stageModule } from '@gatehouse/stage-kit';
import { LimitedPasswordHasher } from './limited-password-hasher.js';
import { PasswordHashController } from './nats-password-hash.controller.js';
import { passwordConfig } from './password.config.js';
import { passwordContract } from './password.contract.js';
import { PasswordStage } from './password.stage.js';
import { PasswordAuthenticator } from './password-authenticator.js';
import { PasswordHasher } from './password-hasher.js';

/** The password stage on the bus, with the directory's credentials and a bounded hasher. */
export const passwordModule = () =>
  stageModule(passwordContract, PasswordStage, {
    imports: [directoryModule()],
    controllers: [PasswordHashController],
    providers: [PasswordAuthenticator, { provide: PasswordHasher, useFactory: hasherOfEnvironment }],
  });

function hasherOfEnvironment() {
  const { PASSWORD_CONCURRENCY, PASSWORD_QUEUE } = readConfig(passwordConfig);
  return new LimitedPasswordHasher({ concurrency: PASSWORD_CONCURRENCY, queue: PASSWORD_QUEUE });
}
