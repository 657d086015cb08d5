import { Problem, sentence } from '@gatehouse/contracts';

/** Returns the last value of a repeated query parameter. Returns any other value unchanged. */
export const lastValue = (value: unknown): unknown => (Array.isArray(value) ? (value.at(-1) as unknown) : value);

/** Returns the value of a query parameter. Throws `parameter_repeated` for a repeated one (RFC 6749 §3.1). */
export function singleValue(value: unknown): unknown {
  if (Array.isArray(value)) throw new Problem('parameter_repeated');
  return value;
}

/** Parses the value of `?query=`, which is itself a query string (docs/spec/http.md#inner-query). */
export function parseInnerQuery(outer: unknown): Readonly<Record<string, string>> {
  const query = lastValue(outer);
  return Object.fromEntries(new URLSearchParams(typeof query === 'string' ? query : ''));
}

/** Returns the query of an address: everything after its first question mark. A query may contain further ones. */
export function queryTextIn(address: string): string {
  const mark = address.indexOf('?');
  return mark < 0 ? '' : address.slice(mark + 1);
}

/** Returns the path with the query, or only the path if the query is empty. */
export const withQuery = (path: string, query: Readonly<Record<string, string>>): string => {
  const search = new URLSearchParams(query).toString();
  return search === '' ? path : `${path}?${search}`;
};

/**
 * Throws `credentials_in_query` if an address names a secret field, because addresses are logged
 * (docs/security.md#accident-21).
 */
export function rejectCredentialsInQuery(isSecret: (field: string) => boolean, ...queries: readonly object[]) {
  if (queries.some((query) => Object.keys(query).some(isSecret))) throw new Problem('credentials_in_query');
}

/** Throws `query_too_long` if the query, which is stored with the plan, is longer than `limit` bytes. */
export function rejectLongQuery(query: Readonly<Record<string, string>>, limit: number) {
  if (new URLSearchParams(query).toString().length <= limit) return;
  throw new Problem('query_too_long', {
    detail: sentence('The query is longer than {limit} bytes.', { limit: String(limit) }),
  });
}
