import { char, isWebAddress } from '@gatehouse/contracts';

/** Hosts whose addresses may be http, because requests to them do not leave the computer. */
const LOOPBACK = /^(?:(?:.+\.)?localhost|127\.0\.0\.1|\[::1\])$/;

/** Returns the lines of a text that are not blank, without white space around them, with their numbers. */
const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line, index) => ({ number: index + 1, uri: line.trim() }))
    .filter(({ uri }) => uri !== '');

/** Returns the redirect URIs in a text. */
export const redirectUrisIn = (text: string): string[] => linesOf(text).map(({ uri }) => uri);

/**
 * Returns why no code may be sent to an address, which must be an absolute https address, or an http address of this
 * computer, without white space, fragment and credentials (RFC 6749 §3.1.2, RFC 8252 §7.3). Undefined for a good one.
 */
function problemOf(uri: string): string | undefined {
  if (/\s/.test(uri)) return 'has white space';
  if (!isWebAddress(uri)) return 'is no http(s) URL';
  if (uri.includes('#')) return 'has a fragment';
  const { protocol, hostname, username, password } = new URL(uri);
  if (username !== '' || password !== '') return 'has credentials';
  return protocol === 'https:' || LOOPBACK.test(hostname) ? undefined : 'is http, which only a loopback host may be';
}

/**
 * Schema of redirect URIs, one a line. Each is compared character by character, never as a pattern. The error names the
 * line and the reason, and does not repeat the line, which may have a password.
 */
export const redirectUris = () =>
  char({ allowBlank: true }).superRefine((text, context) => {
    for (const { number, uri } of linesOf(text)) {
      const problem = problemOf(uri);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: `Line ${number} ${problem}.` });
    }
  });
