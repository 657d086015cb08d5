import { authenticatorsModule } from '@gatehouse/authenticators';
import { stageModule } from '@gatehouse/stage-kit';
import { authenticatorSmsContract } from './authenticator-sms.contract.js';
import { AuthenticatorSmsStage } from './authenticator-sms.stage.js';
import { smsModule } from './sms.module.js';

/** Serves the stage that sets up phones. */
export const authenticatorSmsModule = () =>
  stageModule(authenticatorSmsContract, AuthenticatorSmsStage, { imports: [authenticatorsModule(), smsModule] });
