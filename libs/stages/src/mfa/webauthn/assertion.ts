import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import { clientDataError } from './client-data.js';
import type { AssertionResponse } from './credential-response.js';
import { decodeBase64url } from './encoding.js';
import type { RelyingParty } from './relying-party.js';

/** The stored properties of a credential. */
export interface StoredCredential {
  /** Credential id in base64url without padding. */
  readonly credentialId: string;
  /** The COSE key in base64url. */
  readonly publicKey: string;
  /** The highest signature counter so far. 0 for authenticators without a counter. */
  readonly signCount: number;
}

interface AssertionRequirements {
  readonly party: RelyingParty;
  readonly challenge: string;
  readonly credential: StoredCredential;
  readonly requireUserVerification: boolean;
}

export interface VerifiedAssertion {
  /** The signature counter of the assertion. */
  readonly signCount: number;
  readonly userVerified: boolean;
  /** Whether the credential can be synchronised with other devices. */
  readonly backupEligible: boolean;
  /** Whether the credential is currently synchronised or backed up. */
  readonly backedUp: boolean;
}

/**
 * Verifies an assertion from the browser. Returns `undefined` if the assertion is invalid
 * (docs/spec/mfa.md#webauthn-assertion).
 */
export async function verifyAssertion(
  response: AssertionResponse,
  requirements: AssertionRequirements,
): Promise<VerifiedAssertion | undefined> {
  const { party, challenge } = requirements;
  const { clientDataJSON } = response.response;
  if (clientDataError(clientDataJSON, { type: 'webauthn.get', challenge, party }) !== undefined) return undefined;
  if (response.id !== requirements.credential.credentialId) return undefined;
  try {
    return await verifySignature(response, requirements);
  } catch {
    // The library throws for an invalid or malformed assertion. Any client can send such an assertion, so the error is
    // not a fault of the server.
    return undefined;
  }
}

async function verifySignature(
  response: AssertionResponse,
  { party, challenge, credential, requireUserVerification }: AssertionRequirements,
) {
  const { credentialId, publicKey, signCount } = credential;
  const result = await verifyAuthenticationResponse({
    response: { ...response, clientExtensionResults: {} },
    expectedChallenge: (received) => decodeBase64url(received).equals(decodeBase64url(challenge)),
    expectedOrigin: [...party.origins],
    expectedRPID: party.id,
    credential: { id: credentialId, publicKey: Uint8Array.from(decodeBase64url(publicKey)), counter: signCount },
    requireUserVerification,
  });
  const { newCounter, userVerified, credentialDeviceType, credentialBackedUp } = result.authenticationInfo;
  if (!result.verified) return undefined;
  const backupEligible = credentialDeviceType === 'multiDevice';
  return { signCount: newCounter, userVerified, backupEligible, backedUp: credentialBackedUp };
}
