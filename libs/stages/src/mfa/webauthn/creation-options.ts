import { CEREMONY_TIMEOUT_MS, type Hint, type RelyingParty, type UserVerification } from './relying-party.js';

/** Accepted key algorithms as COSE numbers, in order of preference (docs/spec/mfa.md#webauthn-options). */
export const ALGORITHMS: readonly number[] = [-7, -8, -36, -37, -38, -39, -257, -258, -259];

/** The requirements of a stage for a new credential. */
export interface CreationRules {
  readonly user_verification: UserVerification;
  readonly resident_key_requirement: UserVerification;
  readonly authenticator_attachment: 'platform' | 'cross-platform' | null;
  readonly hints: readonly Hint[];
  /**
   * The attachment to request if none is required. It makes browsers that do not support hints offer the right kind.
   */
  readonly suggestedAttachment: 'platform' | 'cross-platform' | null;
  /** Whether to request an attestation of the model. */
  readonly requestAttestation: boolean;
  /** Whether the browser creates the credential without asking (conditional create, WebAuthn level 3, §5.1.3). */
  readonly conditional: boolean;
}

/** The user for whom a new credential is created. */
export interface CredentialOwner {
  /** The WebAuthn user handle: 64 hexadecimal digits, stable across registrations, without personal data. */
  readonly handle: string;
  readonly username: string;
  readonly name: string;
}

interface CreationRequest {
  readonly party: RelyingParty;
  readonly owner: CredentialOwner;
  readonly challenge: string;
  readonly rules: CreationRules;
  /** Ids of the owner's credentials. Because of them, the browser registers no authenticator twice. */
  readonly existing: readonly string[];
}

/** Returns the attachment that all hints have in common, or null if the hints name both attachments or none. */
export function attachmentOf(hints: readonly Hint[]): CreationRules['suggestedAttachment'] {
  if (hints.length === 0) return null;
  if (hints.every((hint) => hint === 'client-device')) return 'platform';
  return hints.every((hint) => hint !== 'client-device') ? 'cross-platform' : null;
}

/**
 * Returns the options of `navigator.credentials.create`, in authentik's form (docs/spec/mfa.md#webauthn-options,
 * docs/spec/clients.md#webauthn-user-id).
 */
export function creationOptions({ party, owner, challenge, rules, existing }: CreationRequest) {
  const { resident_key_requirement: residentKey, hints } = rules;
  const attachment = rules.authenticator_attachment ?? rules.suggestedAttachment;
  const requireResidentKey = residentKey === 'required';
  return {
    rp: { name: party.name, id: party.id },
    user: {
      // Clients decode `id` twice: first base64url to the text of the handle, then that text as base64. This works,
      // because hexadecimal digits are valid base64.
      id: Buffer.from(owner.handle, 'ascii').toString('base64url'),
      name: owner.username,
      displayName: owner.name || owner.username,
    },
    challenge,
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    timeout: CEREMONY_TIMEOUT_MS,
    excludeCredentials: existing.map((id) => ({ type: 'public-key', id })),
    authenticatorSelection: {
      ...(attachment ? { authenticatorAttachment: attachment } : {}),
      residentKey,
      requireResidentKey,
      userVerification: rules.user_verification,
    },
    attestation: rules.requestAttestation ? 'direct' : 'none',
    ...(hints.length > 0 ? { hints: [...hints] } : {}),
    // Makes the browser report whether the credential is discoverable.
    ...(requireResidentKey ? { extensions: { credProps: true } } : {}),
  };
}
