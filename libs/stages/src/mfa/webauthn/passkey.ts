import type { Device } from '@gatehouse/authenticators';
import { z } from 'zod';
import type { StoredCredential } from './assertion.js';
import type { NewCredential } from './registration.js';

/** The facts of a WebAuthn device. None of them is secret. */
const facts = z.object({
  public_key: z.string(),
  aaguid: z.string(),
  /** Whether an attestation proved the model of the authenticator. */
  proven: z.boolean().default(false),
  /** Whether the passkey can be synchronised, and whether it was synchronised at its last use. Absent if unknown. */
  backup_eligible: z.boolean().exactOptional(),
  backed_up: z.boolean().exactOptional(),
  /** The RP ID at the registration. Empty if it is unknown, as for some imported credentials. */
  rp_id: z.string().default(''),
  /** The certificate of the attestation as PEM, and its SHA-256 as hexadecimal digits. Nothing has verified it. */
  attestation_certificate: z.string().optional(),
  attestation_certificate_fingerprint: z.string().optional(),
});
type Facts = z.output<typeof facts>;

/** A device with its WebAuthn credential. */
export interface Passkey extends StoredCredential, Pick<Facts, 'aaguid' | 'proven'> {
  readonly device: Device;
  readonly rpId: string;
}

/** A credential to store. For an imported credential, it is unknown whether it is synchronised. */
type RecordedCredential = Omit<NewCredential, 'backupEligible' | 'backedUp'> &
  Partial<Pick<NewCredential, 'backupEligible' | 'backedUp'>>;

/** Returns the facts to store for a new credential. */
export const passkeyFacts = (
  { publicKey, aaguid, proven, backupEligible, backedUp, certificate }: RecordedCredential,
  rpId: string,
): Facts => ({
  ...{ public_key: publicKey, aaguid, proven },
  ...(backupEligible === undefined ? {} : { backup_eligible: backupEligible }),
  ...(backedUp === undefined ? {} : { backed_up: backedUp }),
  rp_id: rpId,
  ...(certificate && {
    attestation_certificate: certificate.pem,
    attestation_certificate_fingerprint: certificate.fingerprint,
  }),
});

/** Returns the credential of a device, or `undefined` if its facts are invalid. */
export function passkeyOf(device: Device): Passkey | undefined {
  const parsed = facts.safeParse(device.facts);
  if (!parsed.success || device.handle === null) return undefined;
  const { public_key: publicKey, aaguid, proven, rp_id: rpId } = parsed.data;
  return {
    device,
    credentialId: device.handle,
    publicKey,
    aaguid,
    proven,
    rpId,
    signCount: Math.max(0, device.counter),
  };
}
