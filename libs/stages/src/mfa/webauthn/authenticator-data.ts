import { createHash, timingSafeEqual } from 'node:crypto';
import { decodeAttestationObject, parseAuthenticatorData } from '@simplewebauthn/server/helpers';
import type { RelyingParty, UserVerification } from './relying-party.js';

/** What an authenticator says and signs (WebAuthn §6.1). */
export type AuthenticatorData = ReturnType<typeof parseAuthenticatorData>;

/** The authenticator's words out of an attestation object; undefined when they make no sense. */
export function attestedData(attestationObject: Uint8Array<ArrayBuffer>): AuthenticatorData | undefined {
  try {
    return parseAuthenticatorData(decodeAttestationObject(attestationObject).get('authData'));
  } catch {
    return undefined;
  }
}

interface AuthenticatorRequirements {
  readonly party: RelyingParty;
  readonly userVerification: UserVerification;
}

/**
 * Why an authenticator's words are not what a site wants of a new credential (docs/spec/mfa.md#webauthn-registration).
 */
export function authenticatorDataError(
  { rpIdHash, flags }: AuthenticatorData,
  wanted: AuthenticatorRequirements,
): string | undefined {
  const hash = createHash('sha256').update(wanted.party.id).digest();
  if (rpIdHash.length !== hash.length || !timingSafeEqual(rpIdHash, hash)) return 'Unexpected RP ID hash';
  if (!flags.up) return 'User was not present during attestation';
  if (wanted.userVerification === 'required' && !flags.uv)
    return 'User verification is required but user was not verified during attestation';
  if (flags.bs && !flags.be) return 'Authenticator says that a credential is backed up that cannot be';
  return undefined;
}
