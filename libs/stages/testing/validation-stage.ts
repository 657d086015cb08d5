import { type DeviceRepository, DeviceTriesRepository } from '@gatehouse/authenticators';
import type { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import type { Factor } from '../src/mfa/factor.js';
import { AuthenticatorValidateStage } from '../src/mfa/validate/authenticator-validate.stage.js';
import { DeviceThrottle } from '../src/mfa/validate/device-throttle.js';
import { OfferBuilder } from '../src/mfa/validate/offer-builder.js';
import { ProofVerifier } from '../src/mfa/validate/proof-verifier.js';
import { RememberedProof } from '../src/mfa/validate/remembered-proof.js';

interface Database {
  readonly devices: DeviceRepository;
  readonly source: DataSource;
  readonly sealer: Sealer;
}

/** Returns the validation stage with these factors, on a database of devices. */
export function validationStage({ devices, source, sealer }: Database, factors: readonly Factor[]) {
  const rememberedProof = new RememberedProof(sealer);
  const throttle = new DeviceThrottle(new DeviceTriesRepository(source));
  const verifier = new ProofVerifier(rememberedProof, throttle);
  return new AuthenticatorValidateStage(new OfferBuilder(devices, factors), verifier, rememberedProof);
}
