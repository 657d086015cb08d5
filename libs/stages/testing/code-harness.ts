import { randomUUID } from 'node:crypto';
import { createDeviceDatabase } from '@gatehouse/authenticators/testing';
import type { SavedUser } from '@gatehouse/contracts';
import { StaticFactor } from '../src/mfa/static/static.factor.js';
import { TotpFactor } from '../src/mfa/totp/totp.factor.js';
import { AuthenticatorValidateStage } from '../src/mfa/validate/authenticator-validate.stage.js';
import { OfferBuilder } from '../src/mfa/validate/offer-builder.js';
import { ProofVerifier } from '../src/mfa/validate/proof-verifier.js';
import { RememberedProof } from '../src/mfa/validate/remembered-proof.js';

/** Returns the validation stage for typed codes (app codes and recovery codes), and its database of devices. */
export async function codeHarness() {
  const database = await createDeviceDatabase();
  const { devices, sealer } = database;
  const rememberedProof = new RememberedProof(sealer);
  const offers = new OfferBuilder(devices, [new StaticFactor(devices), new TotpFactor(devices)]);
  return {
    database,
    stage: new AuthenticatorValidateStage(offers, new ProofVerifier(rememberedProof), rememberedProof),
  };
}

/** Returns a user without devices. */
export const newUser = (fields: Partial<SavedUser> = {}): SavedUser => ({
  ...{ kind: 'saved', uuid: randomUUID(), pk: 7, username: 'alice', name: 'Alice', email: 'a@example.org' },
  ...{ is_active: true, epoch: 1, locale: '' },
  ...fields,
});
