import { authenticatorsModule } from '@gatehouse/authenticators';
import { stageModule } from '@gatehouse/stage-kit';
import { authenticatorTotpContract } from './authenticator-totp.contract.js';
import { AuthenticatorTotpStage } from './authenticator-totp.stage.js';

/** Serves the stage that sets up TOTP devices. */
export const authenticatorTotpModule = () =>
  stageModule(authenticatorTotpContract, AuthenticatorTotpStage, { imports: [authenticatorsModule()] });
