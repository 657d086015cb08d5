import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import { clientDataError } from './client-data.js';
import type { AssertionAnswer } from './credential-answer.js';
import { bytesOf } from './encoding.js';
import type { RelyingParty } from './relying-party.js';

/** What is known of a credential since it was made. */
export interface StoredCredential {
  /** Base64url without padding. */
  readonly credentialId: string;
  /** The COSE key, in base64url. */
  readonly publicKey: string;
  /** The highest count of uses that its authenticator has told; zero for those that do not count. */
  readonly signCount: number;
}

interface AssertionRequirements {
  readonly party: RelyingParty;
  readonly challenge: string;
  readonly credential: StoredCredential;
  /** Whether the authenticator must have made sure who uses it. */
  readonly verified: boolean;
}

/** A proof that holds. */
export interface VerifiedAssertion {
  /** What the authenticator's counter has come to. */
  readonly signCount: number;
  readonly userVerified: boolean;
}

/**
 * The proof that a browser brings of a credential; undefined when it does not hold
 * (docs/spec/mfa.md#webauthn-assertion).
 */
export async function verifyAssertion(
  answer: AssertionAnswer,
  wanted: AssertionRequirements,
): Promise<VerifiedAssertion | undefined> {
  const { party, challenge } = wanted;
  const { clientDataJSON } = answer.response;
  if (clientDataError(clientDataJSON, { type: 'webauthn.get', challenge, party }) !== undefined) return undefined;
  if (answer.id !== wanted.credential.credentialId) return undefined;
  try {
    return await proofOf(answer, wanted);
  } catch {
    // The library throws for whatever does not hold or makes no sense; all of it is in the visitor's hands.
    return undefined;
  }
}

async function proofOf(answer: AssertionAnswer, { party, challenge, credential, verified }: AssertionRequirements) {
  const { credentialId, publicKey, signCount } = credential;
  const result = await verifyAuthenticationResponse({
    response: { ...answer, clientExtensionResults: {} },
    expectedChallenge: (told) => bytesOf(told).equals(bytesOf(challenge)),
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    credential: { id: credentialId, publicKey: Uint8Array.from(bytesOf(publicKey)), counter: signCount },
    requireUserVerification: verified,
  });
  const { newCounter, userVerified } = result.authenticationInfo;
  return result.verified ? { signCount: newCounter, userVerified } : undefined;
}
