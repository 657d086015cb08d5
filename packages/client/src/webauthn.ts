/** Options of a challenge: binary values are text in base64url. */
type JsonOptions = Readonly<Record<string, unknown>>;

interface CredentialDescriptor {
  readonly id: string;
  readonly type: 'public-key';
}

/** Registration options of the API. */
interface CreationOptions
  extends Omit<PublicKeyCredentialCreationOptions, 'challenge' | 'user' | 'excludeCredentials'> {
  readonly challenge: string;
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly excludeCredentials?: readonly CredentialDescriptor[];
}

/** Login options of the API. */
interface RequestOptions extends Omit<PublicKeyCredentialRequestOptions, 'challenge' | 'allowCredentials'> {
  readonly challenge: string;
  readonly allowCredentials?: readonly CredentialDescriptor[];
}

/** A credential in the format of the API, with binary values in base64url. */
export type CredentialJson = Readonly<Record<string, unknown>>;

/** How a credential is requested. */
export interface GetOptions {
  /** `conditional` offers passkeys as autofill suggestions. */
  readonly mediation?: CredentialMediationRequirement;
  readonly signal?: AbortSignal;
}

/** How a credential is created. */
export interface CreateOptions {
  /** `conditional` creates a passkey without asking, if the browser can do so. */
  readonly mediation?: CredentialMediationRequirement;
  readonly signal?: AbortSignal;
}

/** Milliseconds that a browser may take to create a passkey without asking. Until then the login waits. */
const CREATE_SILENTLY_MS = 4000;

/**
 * Creates a passkey without asking the user, for a challenge `ak-stage-authenticator-webauthn` whose `mediation` is
 * `conditional`. Returns its `response`: an empty object if the browser cannot do this, refuses, or takes longer than
 * CREATE_SILENTLY_MS.
 */
export async function createSilently(registration: JsonOptions, signal?: AbortSignal): Promise<CredentialJson> {
  const late = AbortSignal.timeout(CREATE_SILENTLY_MS);
  try {
    const capabilities = await PublicKeyCredential.getClientCapabilities();
    if (!capabilities['conditionalCreate']) return {};
    const options = { mediation: 'conditional', signal: signal ? AbortSignal.any([signal, late]) : late } as const;
    return await createCredential(registration, options);
  } catch {
    return {};
  }
}

/**
 * Creates a credential for the `registration` of the challenge `ak-stage-authenticator-webauthn`. Returns its
 * `response`. Throws when the user or the browser refuses.
 */
export async function createCredential(
  registration: JsonOptions,
  createOptions: CreateOptions = {},
): Promise<CredentialJson> {
  const options = registration as unknown as CreationOptions;
  const { user, challenge, excludeCredentials = [] } = options;
  const publicKey: PublicKeyCredentialCreationOptions = {
    ...options,
    challenge: bytesOf(challenge),
    user: { ...user, id: userIdOf(user.id) },
    excludeCredentials: excludeCredentials.map(({ id, type }) => ({ type, id: bytesOf(id) })),
  };
  const credential = (await navigator.credentials.create({
    publicKey,
    ...createOptions,
  })) as PublicKeyCredential | null;
  if (!credential) throw new Error('the browser created no credential');
  const { clientDataJSON, attestationObject } = credential.response as AuthenticatorAttestationResponse;
  return {
    ...namesOf(credential),
    registrationClientExtensions: JSON.stringify(credential.getClientExtensionResults()),
    response: { clientDataJSON: textOf(clientDataJSON), attestationObject: textOf(attestationObject) },
  };
}

/**
 * Gets an assertion for the `challenge` of a device of the class `webauthn`. Returns the field `webauthn` of the response.
 * Throws when the user or the browser refuses.
 */
export async function getCredential(request: JsonOptions, getOptions: GetOptions = {}): Promise<CredentialJson> {
  const options = request as unknown as RequestOptions;
  const { challenge, allowCredentials = [] } = options;
  const publicKey: PublicKeyCredentialRequestOptions = {
    ...options,
    challenge: bytesOf(challenge),
    allowCredentials: allowCredentials.map(({ id, type }) => ({ type, id: bytesOf(id) })),
  };
  const credential = (await navigator.credentials.get({ publicKey, ...getOptions })) as PublicKeyCredential | null;
  if (!credential) throw new Error('the browser returned no credential');
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
 * Returns the bytes of the user id. The API encodes them in base64 twice, and the authenticator must get the decoded
 * bytes (docs/spec/clients.md#webauthn-user-id).
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
