import { directoryModule } from '@gatehouse/directory';
import { readConfig } from '@gatehouse/platform';
import { stageModule } from '@gatehouse/stage-kit';

import { PasswordHashController } from './nats-password-hash.controller.js';
import { PasswordReuseController } from './nats-password-reuse.controller.js';
import { hashLimits, passwordConfig } from './password.config.js';
import { passwordContract } from './password.contract.js';
import { PasswordStage } from './password.stage.js';
import { PasswordAuthenticator } from './password-authenticator.js';
import { PasswordHasher } from './password-hasher.js';

/** Returns the module that serves the password stage, and hashes and compares passwords for other services. */
export const passwordModule = () =>
  stageModule(passwordContract, PasswordStage, {
    imports: [directoryModule()],
    controllers: [PasswordHashController, PasswordReuseController],
    providers: [PasswordAuthenticator, { provide: PasswordHasher, useFactory: createHasher }],
  });

const createHasher = () => new PasswordHasher(hashLimits(readConfig(passwordConfig)));
