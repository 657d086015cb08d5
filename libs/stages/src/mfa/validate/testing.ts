import { randomUUID } from 'node:crypto';
import type { SavedUser } from '@gatehouse/contracts';
import { devicesDatabase } from '../../../../../test/support/devices.js';
import { StaticFactor } from '../static/static.factor.js';
import { TotpFactor } from '../totp/totp.factor.js';
import { AuthenticatorValidateStage } from './authenticator-validate.stage.js';
import { ProofVerifier } from './judgement.js';
import { OfferBuilder } from './offers.js';
import { RememberedProof } from './proof-memory.js';

/** The stage that asks for codes, over devices in a database of their own. */
export async function codeHarness() {
  const database = await devicesDatabase();
  const { devices, sealer } = database;
  const memory = new RememberedProof(sealer);
  const offers = new OfferBuilder(devices, [new StaticFactor(devices), new TotpFactor(devices)]);
  return { database, stage: new AuthenticatorValidateStage(offers, new ProofVerifier(memory), memory) };
}

/** Somebody with no device yet. */
export const person = (fields: Partial<SavedUser> = {}): SavedUser => ({
  ...{ kind: 'saved', uuid: randomUUID(), pk: 7, username: 'alice', name: 'Alice', email: 'a@example.org' },
  ...{ is_active: true, epoch: 1, locale: '' },
  ...fields,
});
