import { z } from 'zod';
import { encodedBytes } from './encoding.js';

/** Characters of one member of an answer; an attestation with its certificates has some thousands. */
const MAX_MEMBER = 100_000;
/** A credential id has at most 1023 bytes (WebAuthn §5.1.3). */
const MAX_ID = 1400;

const bytes = encodedBytes(MAX_MEMBER);
const id = encodedBytes(MAX_ID);

/** Extensions come as a text of JSON or, from newer clients, as an object of another name. */
const extensions = z.unknown().optional();

const named = { id, rawId: id, type: z.literal('public-key') };

/** What `navigator.credentials.create` gave, as clients write it down (docs/spec/mfa.md#webauthn-registration). */
export const creationAnswer = z.object({
  ...named,
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).nullish(),
  registrationClientExtensions: extensions,
  clientExtensionResults: extensions,
  response: z.object({
    clientDataJSON: bytes,
    attestationObject: bytes,
  }),
});
export type CreationAnswer = z.output<typeof creationAnswer>;

/** What `navigator.credentials.get` gave, as clients write it down (docs/spec/mfa.md#webauthn-assertion). */
export const assertionAnswer = z.object({
  ...named,
  response: z.object({
    clientDataJSON: bytes,
    authenticatorData: bytes,
    signature: bytes,
  }),
});
export type AssertionAnswer = z.output<typeof assertionAnswer>;

const credProps = z.object({ credProps: z.object({ rk: z.boolean() }) });

/** Whether the client says that the credential is one that is found without its id; undefined when it does not say. */
export function isDiscoverable(answer: CreationAnswer): boolean | undefined {
  const said = [answer.clientExtensionResults, jsonOf(answer.registrationClientExtensions)];
  return said.map((one) => credProps.safeParse(one).data?.credProps.rk).find((rk) => rk !== undefined);
}

function jsonOf(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : text;
  } catch {
    return undefined;
  }
}
