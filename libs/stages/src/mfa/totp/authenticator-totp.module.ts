import { authenticatorsModule } from '@gatehouse/authenticators';
import { stageModule } from '@gatehouse/stage-kit';
import { authenticatorTotpContract } from './authenticator-totp.contract.js';
import { AuthenticatorTotpStage } from './authenticator-totp.stage.js';

/** The set-up of TOTP devices on the bus. */
export const authenticatorTotpModule = () =>
  stageModule(authenticatorTotpContract, AuthenticatorTotpStage, { imports: [authenticatorsModule()] });
