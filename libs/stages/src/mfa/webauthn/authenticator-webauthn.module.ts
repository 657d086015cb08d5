import { authenticatorsModule } from '@gatehouse/authenticators';
import { stageModule } from '@gatehouse/stage-kit';
import { AuthenticatorModels, NoAuthenticatorModels } from './attestation.js';
import { authenticatorWebauthnContract } from './authenticator-webauthn.contract.js';
import { AuthenticatorWebauthnStage } from './authenticator-webauthn.stage.js';
import { WebauthnSettings } from './webauthn.config.js';

/** Serves the stage that registers passkeys and security keys. */
export const authenticatorWebauthnModule = () =>
  stageModule(authenticatorWebauthnContract, AuthenticatorWebauthnStage, {
    imports: [authenticatorsModule()],
    providers: [{ provide: AuthenticatorModels, useClass: NoAuthenticatorModels }, WebauthnSettings],
  });
