import { type AuthorizationRequest, withParameters } from '@gatehouse/contracts';
import { HttpStatus } from '@nestjs/common';
import type { GatewayConfig } from '../gateway.config.js';
import type { HttpExchange } from '../http/exchange.js';

export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** Prefix of the URIs that name pushed authorization requests (RFC 9126 §2.2). */
export const REQUEST_URI_PREFIX = 'urn:ietf:params:oauth:request_uri:';

/** Returns the issuer of an application's tokens. */
export const issuerOf = ({ BASE_URL }: Pick<GatewayConfig, 'BASE_URL'>, applicationSlug: string): string =>
  new URL(`/application/o/${applicationSlug}/`, BASE_URL).href;

/** Returns an error response to a client (RFC 6749 §5.2). */
export function oauthError({ request, reply }: HttpExchange, error: string, description?: string) {
  const usedHeader = error === 'invalid_client' && request.headers.authorization !== undefined;
  if (usedHeader) void reply.header('www-authenticate', 'Basic realm="OAuth"');
  void reply.status(usedHeader ? HttpStatus.UNAUTHORIZED : HttpStatus.BAD_REQUEST);
  return { error, ...(description !== undefined && { error_description: inAllowedCharacters(description) }) };
}

/**
 * Replaces the characters that an `error_description` must not contain: `"`, the backslash, and all but printable
 * ASCII.
 */
const inAllowedCharacters = (description: string): string =>
  description.replaceAll('"', "'").replace(/[^ -[\]-~]/gu, '?');

/** Seconds in `Retry-After` if it is not known when the client may push again. */
const RETRY_S = 10;

/**
 * Returns the response to a client that pushes too many requests (RFC 9126 §2.3). The client may repeat the request
 * after `retryAfterS` seconds.
 */
export function tooManyRequests(exchange: HttpExchange, description: string, retryAfterS = RETRY_S) {
  const body = oauthError(exchange, 'temporarily_unavailable', description);
  void exchange.reply.status(HttpStatus.TOO_MANY_REQUESTS).header('retry-after', String(Math.ceil(retryAfterS)));
  return body;
}

/**
 * An error that the client gets in a redirect to its redirect URI (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6, RFC
 * 9470 §5).
 */
export type AuthorizationError =
  | 'access_denied'
  | 'login_required'
  | 'consent_required'
  | 'interaction_required'
  | 'unmet_authentication_requirements';

/** Returns the redirect URI of a request with an error, and with the issuer (RFC 9207). */
export function errorRedirect(
  { redirect_uri, state, issuer }: Pick<AuthorizationRequest, 'redirect_uri' | 'state' | 'issuer'>,
  error: AuthorizationError,
): string {
  return withParameters(redirect_uri, { error, state, iss: issuer });
}
