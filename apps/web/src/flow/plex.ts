import { callApi } from './api.js';

interface PlexSignInOptions {
  readonly clientId: string;
  readonly slug: string;
  readonly popup: Window;
  readonly signal: AbortSignal;
}

interface Pin {
  readonly id: number;
  readonly code: string;
  readonly authToken?: string | null;
}

const PINS = 'https://plex.tv/api/v2/pins';
const POLL_INTERVAL_MS = 1000;

/**
 * The URL at which the login continues, or the gateway's reason for a refusal, if it has one, in the visitor's
 * language.
 */
type PlexSignIn = { readonly to?: string; readonly detail?: string };

/** Signs in at Plex in an open popup. Returns the gateway's reply to the Plex token. Throws when there is no token. */
export async function signInAtPlex({ clientId, slug, popup, signal }: PlexSignInOptions): Promise<PlexSignIn> {
  const headers = { accept: 'application/json', 'x-plex-product': 'Gatehouse', 'x-plex-client-identifier': clientId };
  try {
    const pin = await json<Pin>(fetch(`${PINS}?strong=true`, { method: 'POST', headers, signal }));
    const query = new URLSearchParams({ clientID: clientId, code: pin.code, 'context[device][product]': 'Gatehouse' });
    popup.location.replace(`https://app.plex.tv/auth#!?${query}`);
    const token = await tokenOf(() => json<Pin>(fetch(`${PINS}/${pin.id}`, { headers, signal })), signal);
    return await redeem(slug, token);
  } finally {
    popup.close();
  }
}

async function tokenOf(getPin: () => Promise<Pin>, signal: AbortSignal): Promise<string> {
  while (!signal.aborted) {
    const { authToken } = await getPin();
    if (authToken) return authToken;
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
  throw new Error('signing in at Plex was aborted');
}

async function redeem(slug: string, token: string): Promise<PlexSignIn> {
  const address = `/api/v3/sources/plex/redeem_token/?slug=${encodeURIComponent(slug)}`;
  const response = await callApi(address, { body: JSON.stringify({ plex_token: token }) });
  return (await response.json()) as PlexSignIn;
}

async function json<T>(pending: Promise<Response>): Promise<T> {
  const response = await pending;
  if (!response.ok) throw new Error(`the request failed with status ${response.status}`);
  return (await response.json()) as T;
}
