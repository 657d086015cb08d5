import { callApi } from './api.js';

interface PlexSignInOptions {
  readonly clientId: string;
  readonly slug: string;
  readonly popup: Window | null;
  readonly signal: AbortSignal;
}

interface Pin {
  readonly id: number;
  readonly code: string;
  readonly authToken?: string | null;
}

const PINS = 'https://plex.tv/api/v2/pins';
const LOOK_EVERY_MS = 1000;

/** Where to go after signing in at Plex, in a window that is already open. Throws when it does not work. */
export async function signInAtPlex({ clientId, slug, popup, signal }: PlexSignInOptions): Promise<string> {
  const headers = { accept: 'application/json', 'x-plex-product': 'Gatehouse', 'x-plex-client-identifier': clientId };
  try {
    const pin = await json<Pin>(fetch(`${PINS}?strong=true`, { method: 'POST', headers, signal }));
    const query = new URLSearchParams({ clientID: clientId, code: pin.code, 'context[device][product]': 'Gatehouse' });
    popup?.location.replace(`https://app.plex.tv/auth#!?${query}`);
    const token = await tokenOf(() => json<Pin>(fetch(`${PINS}/${pin.id}`, { headers, signal })), signal);
    return await redeem(slug, token);
  } finally {
    popup?.close();
  }
}

async function tokenOf(look: () => Promise<Pin>, signal: AbortSignal): Promise<string> {
  while (!signal.aborted) {
    const { authToken } = await look();
    if (authToken) return authToken;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error('given up');
}

async function redeem(slug: string, token: string): Promise<string> {
  const address = `/api/v3/sources/plex/redeem_token/?slug=${encodeURIComponent(slug)}`;
  const { to } = await json<{ to?: string }>(callApi(address, { body: JSON.stringify({ plex_token: token }) }));
  if (!to) throw new Error('refused');
  return to;
}

async function json<T>(answer: Promise<Response>): Promise<T> {
  const response = await answer;
  if (!response.ok) throw new Error(`refused with ${response.status}`);
  return (await response.json()) as T;
}
