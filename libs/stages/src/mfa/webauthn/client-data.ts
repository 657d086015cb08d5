import { z } from 'zod';
import { sameBytes } from './encoding.js';
import type { RelyingParty } from './relying-party.js';

/** What the browser says of the ceremony that it held (WebAuthn §5.8.1); members that are not here are ignored. */
const clientData = z.object({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
});

interface Expected {
  readonly type: 'webauthn.create' | 'webauthn.get';
  readonly challenge: string;
  readonly party: RelyingParty;
}

/** Why a ceremony is not the one that was asked for (docs/spec/mfa.md#webauthn-registration); undefined when it is. */
export function clientDataError(text: string, { type, challenge, party }: Expected): string | undefined {
  const said = clientData.safeParse(parsed(text));
  if (!said.success) return 'Could not parse client data';
  const { data } = said;
  if (data.type !== type) return `Unexpected client data type "${brief(data.type)}", expected "${type}"`;
  if (!sameBytes(data.challenge, challenge)) return 'Client data challenge was not expected challenge';
  if (data.origin !== party.origin)
    return `Unexpected client data origin "${brief(data.origin)}", expected "${party.origin}"`;
  // A page of ours that stands in a frame of somebody else's has its own origin, and this flag.
  if (data.crossOrigin === true) return 'Client data is from a page in a frame of another site';
  return undefined;
}

/** Characters of a client's own words that are told back to it. */
const MAX_QUOTED_CHARACTERS = 200;
const brief = (text: string) => text.slice(0, MAX_QUOTED_CHARACTERS);

function parsed(text: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'base64url')));
  } catch {
    return undefined;
  }
}
