import { z } from 'zod';
import { encodedBytes } from './encoding.js';

/** Maximum number of characters of one member. An attestation with certificates has several thousand characters. */
const MAX_MEMBER_LENGTH = 100_000;
/** Maximum number of characters of a credential id, which has at most 1023 bytes (WebAuthn §5.1.3). */
const MAX_ID_LENGTH = 1400;

const bytes = encodedBytes(MAX_MEMBER_LENGTH);
const id = encodedBytes(MAX_ID_LENGTH);

/**
 * Extension results. Older clients send JSON text in `registrationClientExtensions`, newer clients an object in
 * `clientExtensionResults`.
 */
const extensions = z.unknown().optional();

/**
 * Some embedded browsers, such as the browser in Android's account set-up, leave out the type. It has only one value.
 */
const credentialType = z.literal('public-key').default('public-key');

const credentialFields = { id, rawId: id, type: credentialType };

/** The result of `navigator.credentials.create` as JSON (docs/spec/mfa.md#webauthn-registration). */
export const registrationResponse = z.object({
  ...credentialFields,
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).nullish(),
  registrationClientExtensions: extensions,
  clientExtensionResults: extensions,
  response: z.object({
    clientDataJSON: bytes,
    attestationObject: bytes,
  }),
});
export type RegistrationResponse = z.output<typeof registrationResponse>;

/** The result of `navigator.credentials.get` as JSON (docs/spec/mfa.md#webauthn-assertion). */
export const assertionResponse = z.object({
  ...credentialFields,
  response: z.object({
    clientDataJSON: bytes,
    authenticatorData: bytes,
    signature: bytes,
  }),
});
export type AssertionResponse = z.output<typeof assertionResponse>;

const credProps = z.object({ credProps: z.object({ rk: z.boolean() }) });

/** Returns whether the client reports a discoverable credential, or `undefined` if it reports nothing. */
export function isDiscoverable(response: RegistrationResponse): boolean | undefined {
  const results = [response.clientExtensionResults, parseJson(response.registrationClientExtensions)];
  return results.map((result) => credProps.safeParse(result).data?.credProps.rk).find((rk) => rk !== undefined);
}

function parseJson(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : text;
  } catch {
    return undefined;
  }
}
