import { authenticatorsModule } from '@gatehouse/authenticators';
import { TypeormUserLookup, UserLookup } from '@gatehouse/directory';
import { stageModule } from '@gatehouse/stage-kit';
import type { Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DuoFactor } from '../duo/duo.factor.js';
import { duoProviders } from '../duo/duo.module.js';
import { PushRateLimiter } from '../duo/push-rate-limiter.js';
import { EmailFactor } from '../email/email.factor.js';
import { emailModule } from '../email/email.module.js';
import type { Factor } from '../factor.js';
import { MessageQuotaRepository } from '../message-quota.repository.js';
import { SmsFactor } from '../sms/sms.factor.js';
import { smsModule } from '../sms/sms.module.js';
import { StaticFactor } from '../static/static.factor.js';
import { TotpFactor } from '../totp/totp.factor.js';
import { AuthenticatorModels, NoAuthenticatorModels } from '../webauthn/attestation.js';
import { PasskeyRepository } from '../webauthn/passkey.repository.js';
import { WebauthnSettings } from '../webauthn/webauthn.config.js';
import { WebauthnFactor } from '../webauthn/webauthn.factor.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';
import { AuthenticatorValidateStage } from './authenticator-validate.stage.js';
import { DeviceThrottle } from './device-throttle.js';
import { FACTORS, OfferBuilder } from './offer-builder.js';
import { ProofVerifier } from './proof-verifier.js';
import { RememberedProof } from './remembered-proof.js';

/** All factors, in the order in which the challenge lists them. */
const factors: readonly Type<Factor>[] = [DuoFactor, EmailFactor, SmsFactor, StaticFactor, TotpFactor, WebauthnFactor];

/** Serves the stage that asks for a proof by a device. */
export const authenticatorValidateModule = () =>
  stageModule(authenticatorValidateContract, AuthenticatorValidateStage, {
    imports: [authenticatorsModule(), emailModule, smsModule],
    providers: [
      ...factors,
      { provide: FACTORS, useFactory: (...instances: Factor[]) => instances, inject: [...factors] },
      { provide: UserLookup, useFactory: (source: DataSource) => new TypeormUserLookup(source), inject: [DataSource] },
      { provide: AuthenticatorModels, useClass: NoAuthenticatorModels },
      PasskeyRepository,
      WebauthnSettings,
      {
        provide: MessageQuotaRepository,
        useFactory: (source: DataSource) => new MessageQuotaRepository(source),
        inject: [DataSource],
      },
      ...duoProviders(),
      PushRateLimiter,
      DeviceThrottle,
      OfferBuilder,
      RememberedProof,
      ProofVerifier,
    ],
  });
