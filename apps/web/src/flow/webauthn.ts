/** Options of a registration, as the wire has them. */
export interface CreationOptions
  extends Omit<PublicKeyCredentialCreationOptions, 'challenge' | 'user' | 'excludeCredentials'> {
  readonly challenge: string;
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly excludeCredentials?: readonly { readonly id: string; readonly type: 'public-key' }[];
}

/** Options of a login, as the wire has them. */
export interface RequestOptions extends Omit<PublicKeyCredentialRequestOptions, 'challenge' | 'allowCredentials'> {
  readonly challenge: string;
  readonly allowCredentials?: readonly { readonly id: string; readonly type: 'public-key' }[];
}

/** Makes a new credential, and says what the wire wants to know of it. Throws when nobody lets it. */
export async function createCredential(options: CreationOptions): Promise<object> {
  const { user, challenge, excludeCredentials = [] } = options;
  const publicKey: PublicKeyCredentialCreationOptions = {
    ...options,
    challenge: bytesOf(challenge),
    user: { ...user, id: userIdOf(user.id) },
    excludeCredentials: excludeCredentials.map(({ id, type }) => ({ type, id: bytesOf(id) })),
  };
  const credential = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null;
  if (!credential) throw new Error('no credential was made');
  const { clientDataJSON, attestationObject } = credential.response as AuthenticatorAttestationResponse;
  return {
    ...namesOf(credential),
    registrationClientExtensions: JSON.stringify(credential.getClientExtensionResults()),
    response: { clientDataJSON: textOf(clientDataJSON), attestationObject: textOf(attestationObject) },
  };
}

interface Ways {
  readonly mediation?: CredentialMediationRequirement;
  readonly signal?: AbortSignal;
}

/** Proves that somebody has a credential, and says it as the wire wants it. Throws when nobody lets it. */
export async function getCredential(options: RequestOptions, ways: Ways = {}): Promise<object> {
  const { challenge, allowCredentials = [] } = options;
  const publicKey: PublicKeyCredentialRequestOptions = {
    ...options,
    challenge: bytesOf(challenge),
    allowCredentials: allowCredentials.map(({ id, type }) => ({ type, id: bytesOf(id) })),
  };
  const credential = (await navigator.credentials.get({ publicKey, ...ways })) as PublicKeyCredential | null;
  if (!credential) throw new Error('no credential was chosen');
  const { clientDataJSON, signature, authenticatorData } = credential.response as AuthenticatorAssertionResponse;
  return {
    ...namesOf(credential),
    assertionClientExtensions: JSON.stringify(credential.getClientExtensionResults()),
    response: {
      clientDataJSON: padded(textOf(clientDataJSON)),
      signature: padded(textOf(signature)),
      authenticatorData: padded(textOf(authenticatorData)),
      userHandle: null,
    },
  };
}

const namesOf = ({ id, rawId, type }: PublicKeyCredential) => ({ id, rawId: textOf(rawId), type });

/**
 * The id on the wire is the text of an id in base64 once more; the authenticator gets what that means
 * (docs/spec/clients.md#webauthn-user-id).
 */
function userIdOf(id: string): Uint8Array<ArrayBuffer> {
  const outer = bytesOf(id);
  const inner = new TextDecoder().decode(outer);
  return /^[A-Za-z0-9+/]+={0,2}$/.test(inner) && inner.replace(/=+$/, '').length % 4 !== 1 ? bytesOf(inner) : outer;
}

const bytesOf = (text: string) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));

const textOf = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

const padded = (text: string) => text.padEnd(Math.ceil(text.length / 4) * 4, '=');
