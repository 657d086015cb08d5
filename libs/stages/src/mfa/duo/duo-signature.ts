import { createHash, createHmac } from 'node:crypto';

/** The API host and the keys of one Duo integration. */
export interface DuoAccount {
  /** The API host name of the account, such as `api-xxxxxxxx.duosecurity.com`. */
  readonly host: string;
  readonly integrationKey: string;
  readonly secretKey: string;
}

/** The signed parts of a request. */
export interface SignedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The query as it is sent; empty for a POST. */
  readonly query: string;
  /** The body as it is sent; empty for a GET. */
  readonly body: string;
  /** RFC 2822 date, as in the header `Date`. */
  readonly date: string;
}

const sha512 = (text: string) => createHash('sha512').update(text, 'utf8').digest('hex');

/**
 * Returns the lines that are signed according to version 5 of Duo's scheme, which uses SHA-512 and signs a hash of the
 * body (docs/spec/mfa.md#duo-calls).
 */
export const canonicalLines = (host: string, { method, path, query, body, date }: SignedRequest): readonly string[] => [
  date,
  method,
  host.toLowerCase(),
  path,
  query,
  sha512(body),
  // The hash of the `X-Duo-*` headers. The client sends none, so this is the hash of an empty text.
  sha512(''),
];

/** Returns the value of the header `Authorization`, which contains the signature of the request. */
export function authorization({ host, integrationKey, secretKey }: DuoAccount, request: SignedRequest): string {
  const lines = canonicalLines(host, request).join('\n');
  const signature = createHmac('sha512', secretKey).update(lines, 'utf8').digest('hex');
  return `Basic ${Buffer.from(`${integrationKey}:${signature}`).toString('base64')}`;
}

/** Returns a query in the order and encoding that the signature requires. */
export const canonicalQuery = (parameters: Readonly<Record<string, string>>): string =>
  Object.entries(parameters)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${encodeParameter(name)}=${encodeParameter(value)}`)
    .join('&');

/** Returns a body in the order and encoding that the signature requires. */
export const canonicalBody = (parameters: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.fromEntries(Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))));

const encodeParameter = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
