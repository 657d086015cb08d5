import type { CustomFetch } from 'openid-client';
import type { ProviderHttpClient } from '../provider-http-client.js';

interface FetchOptions {
  readonly web: ProviderHttpClient;
  /** Where tokens come from. */
  readonly tokens: string;
  /** Whether an id token among them is looked at. */
  readonly openId: boolean;
  readonly signal: AbortSignal;
}

/** The way of the OAuth library to the web: within the bounds of this house. */
export function providerFetch({ web, tokens, openId, signal }: FetchOptions): CustomFetch {
  return async (address, { method, headers, body }) => {
    const question = { method, headers, signal, body: textOf(body) };
    const answer = await web.ask(address, question);
    const told = answer.headers['content-type'] ?? '';
    const challenge = answer.headers['www-authenticate'];
    const text = address === tokens ? normalizedTokenResponse(answer.text, openId) : answer.text;
    return new Response(text || null, {
      status: answer.status,
      headers: { 'content-type': told, ...(challenge && { 'www-authenticate': challenge }) },
    });
  };
}

/** What is sent is a form, or nothing. */
const textOf = (body: unknown) =>
  body instanceof URLSearchParams || typeof body === 'string' ? String(body) : undefined;

/**
 * Providers say more with a token than is standard, and otherwise: Twitch lists scopes, and some send id tokens that nobody
 * can judge here. What is not needed is left out.
 */
function normalizedTokenResponse(text: string, openId: boolean): string {
  const said = objectIn(text);
  if (!said) return text;
  const { scope: _scope, expires_in: _expires, refresh_token: _refresh, id_token: idToken, ...rest } = said;
  return JSON.stringify({ token_type: 'bearer', ...rest, ...(openId && { id_token: idToken }) });
}

/** What a text says in JSON, if that is an object. */
export function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === 'object' && said !== null && !Array.isArray(said) ? { ...said } : undefined;
  } catch {
    return undefined;
  }
}
