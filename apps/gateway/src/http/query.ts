import { Problem } from '@gatehouse/contracts';
import { lastValue } from './last-of.js';

/**
 * The value of `?query=`: itself a query string; blank values stay, of a repeated key the last counts
 * (docs/spec/http.md#inner-query).
 */
export function parseInnerQuery(outer: unknown): Readonly<Record<string, string>> {
  const query = lastValue(outer);
  return Object.fromEntries(new URLSearchParams(typeof query === 'string' ? query : ''));
}

/**
 * Throws credentials_in_query when an address names a secret field of some answer: it would be in every log on the way
 * (docs/security.md#accident-21).
 */
export function rejectCredentialsInQuery(isSecret: (field: string) => boolean, ...queries: readonly object[]) {
  if (queries.flatMap((query) => Object.keys(query)).some(isSecret)) throw new Problem('credentials_in_query');
}
