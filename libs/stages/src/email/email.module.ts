import { directoryModule } from '@gatehouse/directory';
import { readConfig } from '@gatehouse/platform';
import { stageModule } from '@gatehouse/stage-kit';
import { emailConfig, mailLimitsOf } from './email.config.js';
import { emailContract } from './email.contract.js';
import { EmailStage, MAIL_LIMITS } from './email.stage.js';

/** The email stage on the bus, with the accounts that it activates. */
export const emailModule = () =>
  stageModule(emailContract, EmailStage, {
    imports: [directoryModule()],
    providers: [{ provide: MAIL_LIMITS, useFactory: () => mailLimitsOf(readConfig(emailConfig)) }],
  });
