import { authenticatorsModule } from '@gatehouse/authenticators';
import { stageModule } from '@gatehouse/stage-kit';
import { authenticatorSmsContract } from './authenticator-sms.contract.js';
import { AuthenticatorSmsStage } from './authenticator-sms.stage.js';
import { smsModule } from './sms.module.js';

/** The set-up of phones on the bus. */
export const authenticatorSmsModule = () =>
  stageModule(authenticatorSmsContract, AuthenticatorSmsStage, { imports: [authenticatorsModule(), smsModule] });
