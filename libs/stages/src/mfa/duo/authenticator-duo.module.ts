import { authenticatorsModule } from '@gatehouse/authenticators';
import { stageModule } from '@gatehouse/stage-kit';
import { authenticatorDuoContract } from './authenticator-duo.contract.js';
import { AuthenticatorDuoStage } from './authenticator-duo.stage.js';
import { duoProviders } from './duo.module.js';

/** Serves the stage that pairs a phone with Duo. */
export const authenticatorDuoModule = () =>
  stageModule(authenticatorDuoContract, AuthenticatorDuoStage, {
    imports: [authenticatorsModule()],
    providers: duoProviders(),
  });
