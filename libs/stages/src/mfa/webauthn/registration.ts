import { convertAAGUIDToString, cose, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';
import {
  type AttestationCertificate,
  type AuthenticatorModels,
  attestationCertificate,
  isModelAttested,
} from './attestation.js';
import { type AuthenticatorData, authenticatorDataError, parseAttestedData } from './authenticator-data.js';
import { clientDataError } from './client-data.js';
import { ALGORITHMS, type CreationRules } from './creation-options.js';
import { isDiscoverable, type RegistrationResponse, registrationResponse } from './credential-response.js';
import { decodeBase64url } from './encoding.js';
import type { RelyingParty } from './relying-party.js';

/** A verified new credential. */
export interface NewCredential {
  /** Credential id in base64url without padding. */
  readonly credentialId: string;
  /** The COSE key in base64url without padding. */
  readonly publicKey: string;
  readonly signCount: number;
  /** The AAGUID of the model that the authenticator claims to be. */
  readonly aaguid: string;
  /** Whether an attestation proved the model. */
  readonly proven: boolean;
  /** The certificate of the attestation, if the authenticator has sent one. */
  readonly certificate?: AttestationCertificate | undefined;
  /** Whether the credential can be synchronised with other devices. Never changes. */
  readonly backupEligible: boolean;
  /** Whether the credential is currently synchronised or backed up. */
  readonly backedUp: boolean;
}

interface RegistrationRequirements {
  readonly party: RelyingParty;
  readonly challenge: string;
  readonly rules: CreationRules;
  readonly models: AuthenticatorModels;
}

/** The new credential, or the reason for the refusal in English (docs/spec/mfa.md#webauthn-registration). */
export type RegistrationResult = { readonly credential: NewCredential } | { readonly refused: string };

const refused = (reason: string): RegistrationResult => ({ refused: reason });

/**
 * Verifies the browser's response to `creationOptions`. The authenticator data shows whether the user was verified. The
 * other rules of the stage can only be checked against the report of the browser.
 */
export async function verifyRegistration(
  body: unknown,
  requirements: RegistrationRequirements,
): Promise<RegistrationResult> {
  const parsed = registrationResponse.safeParse(body);
  if (!parsed.success) return refused('Could not parse registration credential from JSON data');
  const response = parsed.data;
  const error = responseError(response, requirements);
  if (error !== undefined) return refused(error);
  const attestationObject = Uint8Array.from(decodeBase64url(response.response.attestationObject));
  const data = parseAttestedData(attestationObject);
  if (!data) return refused('Could not parse attestation object');
  const credential = credentialOf(data, response, requirements);
  if (typeof credential === 'string') return refused(credential);
  const { party, models, rules } = requirements;
  const requireUserPresence = !rules.conditional;
  const claim = { response, attestationObject, aaguid: credential.aaguid, models, party, requireUserPresence };
  const proven = rules.requestAttestation && (await isModelAttested(claim));
  return { credential: { ...credential, proven, certificate: attestationCertificate(attestationObject) } };
}

function responseError(
  credential: RegistrationResponse,
  { party, challenge, rules }: RegistrationRequirements,
): string | undefined {
  if (credential.id !== credential.rawId) return 'id and raw_id were not equivalent';
  const { authenticatorAttachment: attachment, response } = credential;
  const error = clientDataError(response.clientDataJSON, { type: 'webauthn.create', challenge, party });
  if (error !== undefined) return error;
  if (rules.authenticator_attachment && attachment && attachment !== rules.authenticator_attachment)
    return 'Authenticator is not attached as required';
  if (rules.resident_key_requirement === 'required' && isDiscoverable(credential) === false)
    return 'Credential is not discoverable but is required to be';
  return undefined;
}

/** Returns the new credential, or the reason for its refusal. */
function credentialOf(
  data: AuthenticatorData,
  response: RegistrationResponse,
  { party, rules }: RegistrationRequirements,
) {
  const requirements = { party, userVerification: rules.user_verification, requirePresence: !rules.conditional };
  const error = authenticatorDataError(data, requirements);
  if (error !== undefined) return error;
  const { credentialID, credentialPublicKey, aaguid, counter } = data;
  if (!credentialID || !credentialPublicKey || !aaguid) return 'Authenticator did not provide attested credential data';
  const credentialId = Buffer.from(credentialID).toString('base64url');
  if (credentialId !== response.id) return 'Authenticator provided another credential id';
  const alg = algorithmOf(credentialPublicKey);
  if (alg === undefined || !ALGORITHMS.includes(alg)) return `Unsupported credential public key alg "${alg}"`;
  return {
    credentialId,
    publicKey: Buffer.from(credentialPublicKey).toString('base64url'),
    signCount: counter,
    aaguid: convertAAGUIDToString(aaguid),
    backupEligible: data.flags.be,
    backedUp: data.flags.bs,
  };
}

function algorithmOf(publicKey: Uint8Array<ArrayBuffer>): number | undefined {
  try {
    return decodeCredentialPublicKey(publicKey).get(cose.COSEKEYS.alg);
  } catch {
    return undefined;
  }
}
