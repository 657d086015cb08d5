import { exceedsDepth, MAX_JSON_DEPTH } from '@gatehouse/contracts';
import type { CustomFetch } from 'openid-client';
import type { ProviderHttpClient } from '../provider-http-client.js';

interface FetchOptions {
  readonly http: ProviderHttpClient;
  readonly tokenEndpoint: string;
  /** Whether the id token of a token response is used. */
  readonly openId: boolean;
  readonly signal: AbortSignal;
}

/** Returns a `fetch` for `openid-client` that uses `ProviderHttpClient` and normalizes token responses. */
export function providerFetch({ http, tokenEndpoint, openId, signal }: FetchOptions): CustomFetch {
  const tokenUrl = new URL(tokenEndpoint).href;
  return async (url, { method, headers, body }) => {
    const response = await http.request(url, { method, headers, signal, body: bodyText(body) });
    const contentType = response.headers['content-type'] ?? '';
    const challenge = response.headers['www-authenticate'];
    const text = url === tokenUrl ? normalizeTokenResponse(response.text, openId) : response.text;
    return new Response(text || null, {
      status: response.status,
      headers: { 'content-type': contentType, ...(challenge && { 'www-authenticate': challenge }) },
    });
  };
}

/** Returns the body as text. `openid-client` sends either a form or no body. */
const bodyText = (body: unknown) =>
  body instanceof URLSearchParams || typeof body === 'string' ? String(body) : undefined;

/**
 * Removes the members of a token response that Gatehouse does not need, because some providers send nonstandard values:
 * Twitch sends scopes as a list, and some OAuth providers send id tokens that cannot be verified.
 */
function normalizeTokenResponse(text: string, openId: boolean): string {
  const response = parseJsonObject(text);
  if (!response) return text;
  const { scope: _scope, expires_in: _expires, refresh_token: _refresh, id_token: idToken, ...rest } = response;
  return JSON.stringify({ token_type: 'bearer', ...rest, ...(openId && { id_token: idToken }) });
}

/** Parses a JSON object. Returns `undefined` for any other text, and for an object that is nested too deeply. */
export function parseJsonObject(text: string): Record<string, unknown> | undefined {
  try {
    if (exceedsDepth(Buffer.from(text), MAX_JSON_DEPTH)) return undefined;
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
