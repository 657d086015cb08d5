import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import {
  InvalidProofError,
  LoginDeniedError,
  LoginRefusedError,
  MisconfiguredSourceError,
  ProviderUnavailableError,
} from '../login-errors.js';
import { AddressNotAllowedError, ProviderUnreachableError } from '../provider-http-client.js';
import { InvalidMetadataError } from './metadata-cache.js';

const PROVIDER_ERRORS: readonly string[] = ['server_error', 'temporarily_unavailable'];
const CONFIGURATION_ERRORS: readonly string[] = ['invalid_client', 'unauthorized_client', 'unsupported_grant_type'];

/** What a failed login is called. The library's errors carry tokens in their causes, so nothing but their words is kept. */
export function toLoginRefusal(error: unknown, source: string): LoginRefusedError {
  for (const cause of chain(error)) {
    if (cause instanceof LoginRefusedError) return cause;
    if (cause instanceof ProviderUnreachableError) return new ProviderUnavailableError(source, cause.message);
    if (cause instanceof AddressNotAllowedError || cause instanceof InvalidMetadataError)
      return new MisconfiguredSourceError(source, cause.message);
    if (cause instanceof AuthorizationResponseError) return refused(source, cause.error);
    if (cause instanceof ResponseBodyError && CONFIGURATION_ERRORS.includes(cause.error))
      return new MisconfiguredSourceError(source, `the provider answers ${safeErrorCode(cause.error)}`);
  }
  return new InvalidProofError(source, [...chain(error)].map(errorText).join(': '));
}

function refused(source: string, error: string): LoginRefusedError {
  const why = `the provider says ${safeErrorCode(error)}`;
  if (PROVIDER_ERRORS.includes(error)) return new ProviderUnavailableError(source, why);
  return new LoginDeniedError(source, why);
}

/** Codes of OAuth are short words; whatever else came is not for a log. */
const safeErrorCode = (error: string) => (/^[a-z_]{1,64}$/.test(error) ? error : 'something else than a code');

function* chain(error: unknown): Generator<Error> {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) yield at;
}

function errorText(error: Error): string {
  const { claim } = claimOf(error.cause);
  return [error.message, claim].filter(Boolean).join(' ');
}

/** Which claim it was that did not fit. */
function claimOf(cause: unknown): { claim?: string } {
  const claim = (cause as { claim?: unknown } | undefined)?.claim;
  return typeof claim === 'string' ? { claim } : {};
}
