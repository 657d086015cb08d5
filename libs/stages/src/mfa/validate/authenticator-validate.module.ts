import { authenticatorsModule } from '@gatehouse/authenticators';
import { TypeormUserLookup, UserLookup } from '@gatehouse/directory';
import { stageModule } from '@gatehouse/stage-kit';
import { DataSource } from 'typeorm';
import { duoProviders } from '../duo/duo.module.js';
import { PushRateLimiter } from '../duo/push-rate-limiter.js';
import type { Factor } from '../factor.js';
import { factors } from '../factors.js';
import { Sends } from '../sms/sends.js';
import { smsModule } from '../sms/sms.module.js';
import { TypeormSends } from '../sms/sms-quota.repository.js';
import { AuthenticatorModels, NoAuthenticatorModels } from '../webauthn/attestation.js';
import { PasskeyRepository } from '../webauthn/passkey.repository.js';
import { WebauthnSettings } from '../webauthn/webauthn-settings.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';
import { AuthenticatorValidateStage } from './authenticator-validate.stage.js';
import { FACTORS, OfferBuilder } from './offer-builder.js';
import { ProofVerifier } from './proof-verifier.js';
import { RememberedProof } from './remembered-proof.js';

/** The stage that asks for a proof on the bus, with every kind of device. */
export const authenticatorValidateModule = () =>
  stageModule(authenticatorValidateContract, AuthenticatorValidateStage, {
    imports: [authenticatorsModule(), smsModule],
    providers: [
      ...factors,
      { provide: FACTORS, useFactory: (...all: Factor[]) => all, inject: [...factors] },
      { provide: UserLookup, useFactory: (source: DataSource) => new TypeormUserLookup(source), inject: [DataSource] },
      { provide: AuthenticatorModels, useClass: NoAuthenticatorModels },
      PasskeyRepository,
      WebauthnSettings,
      { provide: Sends, useFactory: (source: DataSource) => new TypeormSends(source), inject: [DataSource] },
      ...duoProviders(),
      PushRateLimiter,
      OfferBuilder,
      RememberedProof,
      ProofVerifier,
    ],
  });
