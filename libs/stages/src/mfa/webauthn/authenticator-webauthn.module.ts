import { authenticatorsModule } from '@gatehouse/authenticators';
import { serveStage } from '@gatehouse/stage-kit';
import { Models, NoModels } from './attestation.js';
import { authenticatorWebauthnContract } from './authenticator-webauthn.contract.js';
import { AuthenticatorWebauthnStage } from './authenticator-webauthn.stage.js';
import { WebauthnSettings } from './webauthn-settings.js';

/** The set-up of passkeys and security keys on the bus. */
export const authenticatorWebauthnModule = () =>
  serveStage(authenticatorWebauthnContract, AuthenticatorWebauthnStage, {
    imports: [authenticatorsModule()],
    providers: [{ provide: Models, useClass: NoModels }, WebauthnSettings],
  });
