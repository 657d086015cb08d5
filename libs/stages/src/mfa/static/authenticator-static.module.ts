import { authenticatorsModule } from '@gatehouse/authenticators';
import { stageModule } from '@gatehouse/stage-kit';
import { authenticatorStaticContract } from './authenticator-static.contract.js';
import { AuthenticatorStaticStage } from './authenticator-static.stage.js';

/** Serves the stage that issues recovery codes. */
export const authenticatorStaticModule = () =>
  stageModule(authenticatorStaticContract, AuthenticatorStaticStage, { imports: [authenticatorsModule()] });
