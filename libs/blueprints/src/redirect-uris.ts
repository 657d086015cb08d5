import { char, isWebAddress } from '@gatehouse/contracts';
import { z } from 'zod';

/** Hosts whose addresses may be http, because requests to them do not leave the computer. */
const LOOPBACK = /^(?:(?:.+\.)?localhost|127\.0\.0\.1|\[::1\])$/;

/** Returns the lines of a text that are not blank, without white space around them, with their numbers. */
const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line, index) => ({ number: index + 1, uri: line.trim() }))
    .filter(({ uri }) => uri !== '');

/**
 * Returns why a URI is invalid for a client; undefined for a valid one. It must be an absolute https URI, or an http
 * URI of this computer, without white space, fragment and credentials (RFC 6749 §3.1.2, RFC 8252 §7.3).
 */
export function uriProblem(uri: string): string | undefined {
  if (/\s/.test(uri)) return 'has white space';
  if (!isWebAddress(uri)) return 'is no http(s) URL';
  if (uri.includes('#')) return 'has a fragment';
  const { protocol, hostname, username, password } = new URL(uri);
  if (username !== '' || password !== '') return 'has credentials';
  return protocol === 'https:' || LOOPBACK.test(hostname) ? undefined : 'is http, which only a loopback host may be';
}

const listedUriWire = {
  type: 'object',
  properties: {
    matching_mode: { type: 'string', enum: ['strict'] },
    url: { type: 'string' },
    redirect_uri_type: { type: 'string', enum: ['authorization', 'logout'] },
  },
  required: ['matching_mode', 'url'],
};
/** The JSON Schema of redirect URIs. */
const WIRE = { anyOf: [{ type: 'string' }, { type: 'array', items: listedUriWire }] };

/** Schema of redirect URIs as a text with one URI on each line. */
const uriLines = char({ allowBlank: true }).superRefine((text, context) => {
  for (const { number, uri } of linesOf(text)) {
    const problem = uriProblem(uri);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: `Line ${number} ${problem}.` });
  }
});

const NOT_STRICT = 'matching_mode must be strict: an address is compared character by character, never as a pattern.';

/** A redirect URI in a list, as blueprints of authentik have it since 2024.8.5. */
const listedUri = z.strictObject({
  matching_mode: z.literal('strict', { error: NOT_STRICT }),
  url: z.string({ error: 'url must be a text.' }),
  redirect_uri_type: z
    .enum(['authorization', 'logout'], { error: 'redirect_uri_type must be authorization or logout.' })
    .default('authorization'),
});
type ListedUri = z.output<typeof listedUri>;

const uriList = z.array(listedUri).superRefine((uris, context) => {
  for (const [index, { url }] of uris.entries()) {
    const problem = uriProblem(url);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: [index], message: `url ${problem}.` });
  }
});

export type RedirectUris = string | readonly ListedUri[];

/**
 * Schema of redirect URIs: a text with one URI on each line, or a list. Each is compared character by character, never
 * as a pattern. The error names the line or the entry and the reason, and does not repeat the address, because it may
 * contain a password.
 */
export const redirectUris = () =>
  z
    .unknown()
    .transform((value, context): RedirectUris => {
      const isList = Array.isArray(value);
      const parsed = (isList ? uriList : uriLines).safeParse(value);
      if (parsed.success) return parsed.data;
      for (const { path, ...issue } of parsed.error.issues) {
        const message = isList ? `Entry ${Number(path[0]) + 1}: ${issue.message}` : issue.message;
        const params = 'params' in issue ? { params: issue.params } : {};
        context.addIssue({ code: 'custom', message, ...params });
      }
      return z.NEVER;
    })
    .meta({ wire: WIRE });

/** Returns the addresses that may get an authorization code. */
export const redirectUrisIn = (uris: RedirectUris): string[] =>
  typeof uris === 'string' ? linesOf(uris).map(({ uri }) => uri) : urlsOf(uris, 'authorization');

/** Returns the addresses to which a client may send users after a logout. */
export const logoutUrisIn = (uris: RedirectUris): string[] => (typeof uris === 'string' ? [] : urlsOf(uris, 'logout'));

const urlsOf = (uris: readonly ListedUri[], type: ListedUri['redirect_uri_type']) =>
  uris.flatMap(({ redirect_uri_type, url }) => (redirect_uri_type === type ? [url] : []));
