import { z } from 'zod';
import { equalBytes } from './encoding.js';
import type { RelyingParty } from './relying-party.js';

/** Client data of a ceremony (WebAuthn §5.8.1). Other members are ignored. */
const clientData = z.object({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
});

interface ExpectedClientData {
  readonly type: 'webauthn.create' | 'webauthn.get';
  readonly challenge: string;
  readonly party: RelyingParty;
}

/**
 * Returns the reason why client data is refused, or `undefined` if it is valid
 * (docs/spec/mfa.md#webauthn-registration).
 */
export function clientDataError(text: string, { type, challenge, party }: ExpectedClientData): string | undefined {
  const result = clientData.safeParse(parseJson(text));
  if (!result.success) return 'Could not parse client data';
  const { data } = result;
  if (data.type !== type) return `Unexpected client data type "${truncate(data.type)}", expected "${type}"`;
  if (!equalBytes(data.challenge, challenge)) return 'Client data challenge was not expected challenge';
  if (!party.origins.includes(data.origin))
    return `Unexpected client data origin "${truncate(data.origin)}", expected "${party.origins[0]}"`;
  // A page of this site in a frame of another site has the origin of this site. Only the member `crossOrigin` reveals
  // the frame (clickjacking).
  if (data.crossOrigin === true) return 'Client data is from a page in a frame of another site';
  return undefined;
}

/** Maximum number of characters of client data that an error quotes. */
const MAX_QUOTED_CHARACTERS = 200;
const truncate = (text: string) => text.slice(0, MAX_QUOTED_CHARACTERS);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'base64url')));
  } catch {
    return undefined;
  }
}
