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

/**
 * Converts an error of a login to a refusal. Omits the cause, because causes of `openid-client` errors contain tokens.
 */
export function toLoginRefusal(error: unknown, source: string): LoginRefusedError {
  for (const cause of causesOf(error)) {
    if (cause instanceof LoginRefusedError) return cause;
    if (cause instanceof ProviderUnreachableError) return new ProviderUnavailableError(source, cause.message);
    if (cause instanceof AddressNotAllowedError || cause instanceof InvalidMetadataError)
      return new MisconfiguredSourceError(source, cause.message);
    if (cause instanceof AuthorizationResponseError) return authorizationRefusal(source, cause.error);
    if (cause instanceof ResponseBodyError && CONFIGURATION_ERRORS.includes(cause.error))
      return new MisconfiguredSourceError(source, `the provider responded with ${safeErrorCode(cause.error)}`);
  }
  return new InvalidProofError(source, [...causesOf(error)].map(errorText).join(': '));
}

function authorizationRefusal(source: string, error: string): LoginRefusedError {
  const reason = `the provider responded with ${safeErrorCode(error)}`;
  if (PROVIDER_ERRORS.includes(error)) return new ProviderUnavailableError(source, reason);
  return new LoginDeniedError(source, reason);
}

/** Returns the parameter `error` for the log if it is a code. Hides any other text, because the client controls it. */
const safeErrorCode = (error: string) => (/^[a-z_]{1,64}$/.test(error) ? error : 'an invalid error code');

function* causesOf(error: unknown): Generator<Error> {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) yield cause;
}

/** Returns the message of an error. A `SyntaxError` quotes the text that it could not parse, which may be a token. */
function errorText(error: Error): string {
  if (error instanceof SyntaxError) return 'malformed JSON';
  const { claim } = claimOf(error.cause);
  return [error.message, claim].filter(Boolean).join(' ');
}

/** Returns the name of the claim that a check of `openid-client` refused. */
function claimOf(cause: unknown): { claim?: string } {
  const claim = (cause as { claim?: unknown } | undefined)?.claim;
  return typeof claim === 'string' ? { claim } : {};
}
