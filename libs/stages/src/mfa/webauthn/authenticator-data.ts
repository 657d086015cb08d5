import { createHash, timingSafeEqual } from 'node:crypto';
import { decodeAttestationObject, parseAuthenticatorData } from '@simplewebauthn/server/helpers';
import type { RelyingParty, UserVerification } from './relying-party.js';

/** Parsed authenticator data (WebAuthn §6.1). */
export type AuthenticatorData = ReturnType<typeof parseAuthenticatorData>;

/** Parses the authenticator data of an attestation object. Returns `undefined` if it is malformed. */
export function parseAttestedData(attestationObject: Uint8Array<ArrayBuffer>): AuthenticatorData | undefined {
  try {
    return parseAuthenticatorData(decodeAttestationObject(attestationObject).get('authData'));
  } catch {
    return undefined;
  }
}

interface AuthenticatorRequirements {
  readonly party: RelyingParty;
  readonly userVerification: UserVerification;
  /** False only for a passkey that the browser creates without asking, because then no user needs to be present. */
  readonly requirePresence: boolean;
}

/**
 * Returns the reason why the authenticator data of a registration is refused, or `undefined` if it is accepted
 * (docs/spec/mfa.md#webauthn-registration).
 */
export function authenticatorDataError(
  { rpIdHash, flags }: AuthenticatorData,
  requirements: AuthenticatorRequirements,
): string | undefined {
  const hash = createHash('sha256').update(requirements.party.id).digest();
  if (rpIdHash.length !== hash.length || !timingSafeEqual(rpIdHash, hash)) return 'Unexpected RP ID hash';
  if (requirements.requirePresence && !flags.up) return 'User was not present during attestation';
  if (requirements.userVerification === 'required' && !flags.uv)
    return 'User verification is required but user was not verified during attestation';
  if (flags.bs && !flags.be) return 'Authenticator says that a credential is backed up that cannot be';
  return undefined;
}
