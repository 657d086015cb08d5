import { DIALOGUE_MS, type Hint, type RelyingParty, type UserVerification } from './relying-party.js';

/**
 * The algorithms of keys that are taken, in the order that browsers are asked for them (COSE numbers,
 * docs/spec/mfa.md#webauthn-options).
 */
export const ALGORITHMS: readonly number[] = [-7, -8, -36, -37, -38, -39, -257, -258, -259];

/** What a stage wants of a new credential. */
export interface CreationRules {
  readonly user_verification: UserVerification;
  readonly resident_key_requirement: UserVerification;
  readonly authenticator_attachment: 'platform' | 'cross-platform' | null;
  readonly hints: readonly Hint[];
  /** Whether the authenticator should say what model it is, and prove it. */
  readonly attested: boolean;
}

/** Whom a new credential is for. */
export interface CredentialOwner {
  /** 64 hexadecimal digits that are the same at each enrolment and tell nothing of the person. */
  readonly handle: string;
  readonly username: string;
  readonly name: string;
}

interface Creation {
  readonly party: RelyingParty;
  readonly owner: CredentialOwner;
  readonly challenge: string;
  readonly rules: CreationRules;
  /** Ids of the owner's credentials: an authenticator that has one of them makes no second. */
  readonly existing: readonly string[];
}

/**
 * The options of `navigator.credentials.create` as clients have always been sent them
 * (docs/spec/mfa.md#webauthn-options, docs/spec/clients.md#webauthn-user-id).
 */
export function creationOptions({ party, owner, challenge, rules, existing }: Creation) {
  const { authenticator_attachment: attachment, resident_key_requirement: residentKey, hints } = rules;
  const requireResidentKey = residentKey === 'required';
  return {
    rp: { name: party.name, id: party.id },
    user: {
      // Text of a text: clients decode it twice.
      id: Buffer.from(owner.handle, 'ascii').toString('base64url'),
      name: owner.username,
      displayName: owner.name || owner.username,
    },
    challenge,
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    timeout: DIALOGUE_MS,
    excludeCredentials: existing.map((id) => ({ type: 'public-key', id })),
    authenticatorSelection: {
      ...(attachment ? { authenticatorAttachment: attachment } : {}),
      residentKey,
      requireResidentKey,
      userVerification: rules.user_verification,
    },
    attestation: rules.attested ? 'direct' : 'none',
    ...(hints.length > 0 ? { hints: [...hints] } : {}),
    // Only with this does a browser say whether the credential can be found without its id.
    ...(requireResidentKey ? { extensions: { credProps: true } } : {}),
  };
}
