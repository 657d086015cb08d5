import { createHash, createHmac } from 'node:crypto';

/** An integration's account at Duo. */
export interface DuoAccount {
  /** The API host name of the account, such as `api-xxxxxxxx.duosecurity.com`. */
  readonly host: string;
  readonly integrationKey: string;
  readonly secretKey: string;
}

/** What of a request is signed. */
export interface SignedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The query as it is sent; empty for a POST. */
  readonly query: string;
  /** The body as it is sent; empty for a GET. */
  readonly body: string;
  /** RFC 2822, as in the header `Date`. */
  readonly date: string;
}

const sha512 = (text: string) => createHash('sha512').update(text, 'utf8').digest('hex');

/**
 * The lines whose HMAC is the signature (version 5 of Duo's scheme: SHA-512, the body by its hash;
 * docs/spec/mfa.md#duo-calls).
 */
export const canonicalLines = (host: string, { method, path, query, body, date }: SignedRequest): readonly string[] => [
  date,
  method,
  host.toLowerCase(),
  path,
  query,
  sha512(body),
  // Headers of Duo's own would be hashed here; none is sent.
  sha512(''),
];

/** The value of the header `Authorization`. */
export function authorization({ host, integrationKey, secretKey }: DuoAccount, request: SignedRequest): string {
  const lines = canonicalLines(host, request).join('\n');
  const signature = createHmac('sha512', secretKey).update(lines, 'utf8').digest('hex');
  return `Basic ${Buffer.from(`${integrationKey}:${signature}`).toString('base64')}`;
}

/** A query in the one order and spelling that is signed. */
export const canonicalQuery = (parameters: Readonly<Record<string, string>>): string =>
  Object.entries(parameters)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join('&');

/** A body in the one order and spelling that is signed. */
export const canonicalBody = (parameters: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.fromEntries(Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))));

const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
