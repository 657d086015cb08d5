import { X509Certificate } from 'node:crypto';
import { verifyRegistrationResponse } from '@simplewebauthn/server';
import { decodeAttestationObject } from '@simplewebauthn/server/helpers';
import { ALGORITHMS } from './creation-options.js';
import type { CreationAnswer } from './credential-answer.js';
import type { RelyingParty } from './relying-party.js';

/** The models that makers vouch for, by AAGUID. */
export abstract class AuthenticatorModels {
  /** The roots of the certificates by which devices of a model prove it; undefined when nobody vouches for it. */
  abstract rootsOf(aaguid: string): readonly X509Certificate[] | undefined;
  /** What the model is called. */
  abstract nameOf(aaguid: string): string | undefined;
}

/** Nobody vouches for any model. */
export class NoAuthenticatorModels extends AuthenticatorModels {
  rootsOf(): undefined {}
  nameOf(): undefined {}
}

/**
 * Statements whose certificates are looked at. For others the library would trust roots of its own, or for `android-key`
 * the very chain that was posted, and fetch whatever address a certificate names.
 */
const PROVABLE: ReadonlySet<string> = new Set(['packed', 'tpm']);
const MAX_CHAIN = 8;

interface AttestationClaim {
  readonly answer: CreationAnswer;
  readonly attestationObject: Uint8Array<ArrayBuffer>;
  readonly aaguid: string;
  readonly models: AuthenticatorModels;
  readonly party: RelyingParty;
}

/** Whether an authenticator proves that it is the model that it says to be. Asks nobody. */
export async function isModelAttested(claim: AttestationClaim): Promise<boolean> {
  const roots = claim.models.rootsOf(claim.aaguid);
  if (!roots) return false;
  try {
    const chain = chainOf(claim.attestationObject);
    return isTrusted(chain, roots) && (await isSigned(claim));
  } catch {
    return false;
  }
}

function chainOf(attestationObject: Uint8Array<ArrayBuffer>): X509Certificate[] {
  const attestation = decodeAttestationObject(attestationObject);
  const certificates = PROVABLE.has(attestation.get('fmt')) ? (attestation.get('attStmt').get('x5c') ?? []) : [];
  return certificates.slice(0, MAX_CHAIN).map((der) => new X509Certificate(der));
}

/** Whether each certificate is valid now and signed by the next one, and the last by a root (RFC 5280 §6, without revocation). */
export function isTrusted(chain: readonly X509Certificate[], roots: readonly X509Certificate[]): boolean {
  const last = chain.at(-1);
  if (!last || !chain.every(isCurrent)) return false;
  const linked = chain.slice(1).every((issuer, i) => isIssued(chain[i]!, issuer));
  return linked && roots.some((root) => root.fingerprint256 === last.fingerprint256 || isIssued(last, root));
}

const isIssued = (certificate: X509Certificate, issuer: X509Certificate) =>
  issuer.ca && isCurrent(issuer) && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

const isCurrent = ({ validFrom, validTo }: X509Certificate) =>
  Date.parse(validFrom) <= Date.now() && Date.now() <= Date.parse(validTo);

/** The statement's own signature and form; its certificates have been looked at. */
async function isSigned({ answer, attestationObject, party }: AttestationClaim): Promise<boolean> {
  const { id, response } = answer;
  const { verified } = await verifyRegistrationResponse({
    response: {
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: {},
      response: { ...response, attestationObject: Buffer.from(attestationObject).toString('base64url') },
    },
    expectedChallenge: () => true,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: false,
    supportedAlgorithmIDs: [...ALGORITHMS],
  });
  return verified;
}
