import { authenticatorsModule } from '@gatehouse/authenticators';
import { TypeormUsers, Users } from '@gatehouse/directory';
import { serveStage } from '@gatehouse/stage-kit';
import { DataSource } from 'typeorm';
import { duoProviders } from '../duo/duo.module.js';
import { Pushes } from '../duo/pushes.js';
import type { Factor } from '../factor.js';
import { factors } from '../factors.js';
import { Sends } from '../sms/sends.js';
import { smsModule } from '../sms/sms.module.js';
import { TypeormSends } from '../sms/typeorm-sends.js';
import { Models, NoModels } from '../webauthn/attestation.js';
import { Passkeys } from '../webauthn/passkeys.js';
import { WebauthnSettings } from '../webauthn/webauthn-settings.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';
import { AuthenticatorValidateStage } from './authenticator-validate.stage.js';
import { Judgement } from './judgement.js';
import { FACTORS, Offers } from './offers.js';
import { ProofMemory } from './proof-memory.js';

/** The stage that asks for a proof on the bus, with every kind of device. */
export const authenticatorValidateModule = () =>
  serveStage(authenticatorValidateContract, AuthenticatorValidateStage, {
    imports: [authenticatorsModule(), smsModule],
    providers: [
      ...factors,
      { provide: FACTORS, useFactory: (...all: Factor[]) => all, inject: [...factors] },
      { provide: Users, useFactory: (source: DataSource) => new TypeormUsers(source), inject: [DataSource] },
      { provide: Models, useClass: NoModels },
      Passkeys,
      WebauthnSettings,
      { provide: Sends, useFactory: (source: DataSource) => new TypeormSends(source), inject: [DataSource] },
      ...duoProviders(),
      Pushes,
      Offers,
      ProofMemory,
      Judgement,
    ],
  });
