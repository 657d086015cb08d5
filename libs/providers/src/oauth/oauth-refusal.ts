import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import { Inadmissible, Unreachable } from '../provider-web.js';
import { Away, Misconfigured, Refusal, TurnedAway, Unproven } from '../refusal.js';
import { Unusable } from './metadata.js';

const IN_TROUBLE: readonly string[] = ['server_error', 'temporarily_unavailable'];
const OUR_FAULT: readonly string[] = ['invalid_client', 'unauthorized_client', 'unsupported_grant_type'];

/** What a failed login is called. The library's errors carry tokens in their causes, so nothing but their words is kept. */
export function refusalOf(error: unknown, source: string): Refusal {
  for (const cause of chain(error)) {
    if (cause instanceof Refusal) return cause;
    if (cause instanceof Unreachable) return new Away(source, cause.message);
    if (cause instanceof Inadmissible || cause instanceof Unusable) return new Misconfigured(source, cause.message);
    if (cause instanceof AuthorizationResponseError) return refused(source, cause.error);
    if (cause instanceof ResponseBodyError && OUR_FAULT.includes(cause.error))
      return new Misconfigured(source, `the provider answers ${named(cause.error)}`);
  }
  return new Unproven(source, [...chain(error)].map(wordsOf).join(': '));
}

function refused(source: string, error: string): Refusal {
  const why = `the provider says ${named(error)}`;
  if (IN_TROUBLE.includes(error)) return new Away(source, why);
  return new TurnedAway(source, why);
}

/** Codes of OAuth are short words; whatever else came is not for a log. */
const named = (error: string) => (/^[a-z_]{1,64}$/.test(error) ? error : 'something else than a code');

function* chain(error: unknown): Generator<Error> {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) yield at;
}

function wordsOf(error: Error): string {
  const { claim } = claimOf(error.cause);
  return [error.message, claim].filter(Boolean).join(' ');
}

/** Which claim it was that did not fit. */
function claimOf(cause: unknown): { claim?: string } {
  const claim = (cause as { claim?: unknown } | undefined)?.claim;
  return typeof claim === 'string' ? { claim } : {};
}
