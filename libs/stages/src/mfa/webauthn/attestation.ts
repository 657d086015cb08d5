import { X509Certificate } from 'node:crypto';
import { verifyRegistrationResponse } from '@simplewebauthn/server';
import { decodeAttestationObject } from '@simplewebauthn/server/helpers';
import { ALGORITHMS } from './creation-options.js';
import type { RegistrationResponse } from './credential-response.js';
import type { RelyingParty } from './relying-party.js';

/** Metadata of authenticator models, by AAGUID. */
export abstract class AuthenticatorModels {
  /** Returns the root certificates for the attestation of a model, or `undefined` if the model cannot be attested. */
  abstract rootsFor(aaguid: string): readonly X509Certificate[] | undefined;
  /** Returns the name of a model, or `undefined` for an unknown model. */
  abstract nameFor(aaguid: string): string | undefined;
}

/** Metadata without any model, so that no model can be attested. */
export class NoAuthenticatorModels extends AuthenticatorModels {
  rootsFor(): undefined {}
  nameFor(): undefined {}
}

/**
 * Attestation formats that Gatehouse accepts as a proof of the model. For other formats, the library would trust its
 * built-in roots or, for `android-key`, the chain that the client sent. It would also request any URL that a
 * certificate names (SSRF).
 */
const VERIFIABLE_FORMATS: ReadonlySet<string> = new Set(['packed', 'tpm']);
const MAX_CHAIN_LENGTH = 8;
/** Maximum size of a stored certificate in bytes. A larger certificate is not stored. */
export const MAX_CERTIFICATE_BYTES = 8192;

interface AttestationClaim {
  readonly response: RegistrationResponse;
  readonly attestationObject: Uint8Array<ArrayBuffer>;
  readonly aaguid: string;
  readonly models: AuthenticatorModels;
  readonly party: RelyingParty;
  readonly requireUserPresence: boolean;
}

/** Returns whether the attestation proves the claimed model. Makes no network requests. */
export async function isModelAttested(claim: AttestationClaim): Promise<boolean> {
  const roots = claim.models.rootsFor(claim.aaguid);
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
  const certificates = VERIFIABLE_FORMATS.has(attestation.get('fmt'))
    ? (attestation.get('attStmt').get('x5c') ?? [])
    : [];
  return certificates.slice(0, MAX_CHAIN_LENGTH).map((der) => new X509Certificate(der));
}

/** The certificate with which an authenticator has attested its credential. Nothing has verified it. */
export interface AttestationCertificate {
  readonly pem: string;
  /** SHA-256 of the certificate as hexadecimal digits. */
  readonly fingerprint: string;
}

/** Returns the first certificate of an attestation, or `undefined` if it has none that can be stored. */
export function attestationCertificate(attestationObject: Uint8Array<ArrayBuffer>): AttestationCertificate | undefined {
  try {
    const [der] = decodeAttestationObject(attestationObject).get('attStmt').get('x5c') ?? [];
    if (!der || der.length > MAX_CERTIFICATE_BYTES) return undefined;
    const certificate = new X509Certificate(der);
    return { pem: certificate.toString(), fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase() };
  } catch {
    return undefined;
  }
}

/**
 * Returns whether each certificate is valid now and signed by the next certificate, and the last one by a root (RFC
 * 5280 §6). Ignores revocation.
 */
export function isTrusted(chain: readonly X509Certificate[], roots: readonly X509Certificate[]): boolean {
  const last = chain.at(-1);
  if (!last || !chain.every(isValidNow)) return false;
  const linked = chain.slice(1).every((issuer, i) => isIssued(chain[i]!, issuer));
  return linked && roots.some((root) => root.fingerprint256 === last.fingerprint256 || isIssued(last, root));
}

const isIssued = (certificate: X509Certificate, issuer: X509Certificate) =>
  issuer.ca && isValidNow(issuer) && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

const isValidNow = ({ validFrom, validTo }: X509Certificate) =>
  Date.parse(validFrom) <= Date.now() && Date.now() <= Date.parse(validTo);

/** Returns whether the signature and the format of the attestation are valid. The caller verifies the certificates. */
async function isSigned({
  response: credential,
  attestationObject,
  party,
  requireUserPresence,
}: AttestationClaim): Promise<boolean> {
  const { id, response } = credential;
  const { verified } = await verifyRegistrationResponse({
    response: {
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: {},
      response: { ...response, attestationObject: Buffer.from(attestationObject).toString('base64url') },
    },
    expectedChallenge: () => true,
    expectedOrigin: [...party.origins],
    expectedRPID: party.id,
    requireUserPresence,
    requireUserVerification: false,
    supportedAlgorithmIDs: [...ALGORITHMS],
  });
  return verified;
}
