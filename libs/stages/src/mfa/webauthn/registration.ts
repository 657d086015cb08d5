import { convertAAGUIDToString, cose, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';
import { type AuthenticatorModels, isModelAttested } from './attestation.js';
import { type AuthenticatorData, attestedData, authenticatorDataError } from './authenticator-data.js';
import { clientDataError } from './client-data.js';
import { ALGORITHMS, type CreationRules } from './creation-options.js';
import { type CreationAnswer, creationAnswer, isDiscoverable } from './credential-answer.js';
import { bytesOf } from './encoding.js';
import type { RelyingParty } from './relying-party.js';

/** A credential that an authenticator has made for somebody. */
export interface NewCredential {
  /** Base64url without padding. */
  readonly credentialId: string;
  /** The COSE key, in base64url without padding. */
  readonly publicKey: string;
  readonly signCount: number;
  /** The model that the authenticator says to be. */
  readonly aaguid: string;
  /** Whether it has proved that. */
  readonly proven: boolean;
}

interface RegistrationRequirements {
  readonly party: RelyingParty;
  readonly challenge: string;
  readonly rules: CreationRules;
  readonly models: AuthenticatorModels;
}

/** A new credential, or in English why there is none (docs/spec/mfa.md#webauthn-registration). */
export type RegistrationResult = { readonly credential: NewCredential } | { readonly refused: string };

const refused = (reason: string): RegistrationResult => ({ refused: reason });

/** Judges what a browser made of `creationOptions`: what a rule demands is looked for in what the authenticator says. */
export async function verifyRegistration(
  posted: unknown,
  wanted: RegistrationRequirements,
): Promise<RegistrationResult> {
  const parsed = creationAnswer.safeParse(posted);
  if (!parsed.success) return refused('Could not parse registration credential from JSON data');
  const answer = parsed.data;
  const fault = answerFault(answer, wanted);
  if (fault !== undefined) return refused(fault);
  const attestationObject = Uint8Array.from(bytesOf(answer.response.attestationObject));
  const data = attestedData(attestationObject);
  if (!data) return refused('Could not parse attestation object');
  const credential = credentialOf(data, answer, wanted);
  if (typeof credential === 'string') return refused(credential);
  const { party, models, rules } = wanted;
  const claim = { answer, attestationObject, aaguid: credential.aaguid, models, party };
  return { credential: { ...credential, proven: rules.attested && (await isModelAttested(claim)) } };
}

function answerFault(
  answer: CreationAnswer,
  { party, challenge, rules }: RegistrationRequirements,
): string | undefined {
  if (answer.id !== answer.rawId) return 'id and raw_id were not equivalent';
  const { authenticatorAttachment: attachment, response } = answer;
  const fault = clientDataError(response.clientDataJSON, { type: 'webauthn.create', challenge, party });
  if (fault !== undefined) return fault;
  if (rules.authenticator_attachment && attachment && attachment !== rules.authenticator_attachment)
    return 'Authenticator is not attached as required';
  if (rules.resident_key_requirement === 'required' && isDiscoverable(answer) === false)
    return 'Credential is not discoverable but is required to be';
  return undefined;
}

function credentialOf(data: AuthenticatorData, answer: CreationAnswer, { party, rules }: RegistrationRequirements) {
  const fault = authenticatorDataError(data, { party, userVerification: rules.user_verification });
  if (fault !== undefined) return fault;
  const { credentialID, credentialPublicKey, aaguid, counter } = data;
  if (!credentialID || !credentialPublicKey || !aaguid) return 'Authenticator did not provide attested credential data';
  const credentialId = Buffer.from(credentialID).toString('base64url');
  if (credentialId !== answer.id) return 'Authenticator provided another credential id';
  const alg = algorithmOf(credentialPublicKey);
  if (alg === undefined || !ALGORITHMS.includes(alg)) return `Unsupported credential public key alg "${alg}"`;
  return {
    credentialId,
    publicKey: Buffer.from(credentialPublicKey).toString('base64url'),
    signCount: counter,
    aaguid: convertAAGUIDToString(aaguid),
  };
}

function algorithmOf(publicKey: Uint8Array<ArrayBuffer>): number | undefined {
  try {
    return decodeCredentialPublicKey(publicKey).get(cose.COSEKEYS.alg);
  } catch {
    return undefined;
  }
}
