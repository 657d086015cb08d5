import { directoryModule } from '@gatehouse/directory';
import { readConfig } from '@gatehouse/platform';
import { mailConfig, mailLimitsOf, stageModule } from '@gatehouse/stage-kit';
import { emailContract } from './email.contract.js';
import { EmailStage, MAIL_LIMITS } from './email.stage.js';

/** Returns the module that serves the email stage. */
export const emailModule = () =>
  stageModule(emailContract, EmailStage, {
    imports: [directoryModule()],
    providers: [{ provide: MAIL_LIMITS, useFactory: () => mailLimitsOf(readConfig(mailConfig)) }],
  });
