import { authenticatorsModule } from '@gatehouse/authenticators';
import { stageModule } from '@gatehouse/stage-kit';
import { authenticatorEmailContract } from './authenticator-email.contract.js';
import { AuthenticatorEmailStage } from './authenticator-email.stage.js';
import { emailModule } from './email.module.js';

/** Serves the stage that sets up email addresses. */
export const authenticatorEmailModule = () =>
  stageModule(authenticatorEmailContract, AuthenticatorEmailStage, { imports: [authenticatorsModule(), emailModule] });
