import type { ProxyApplication } from '@gatehouse/plan';
import type { SiteUser } from './forward-auth.repository.js';

/** Separators between group names: in authentik's header, and in the plain header. */
const [AUTHENTIK_SEPARATOR, PLAIN_SEPARATOR] = ['|', ','] as const;
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;

/** The values of the identity headers that do not come from the user. */
export interface HeaderContext {
  readonly site: ProxyApplication;
  readonly uid: string;
  /** The signed token; undefined if JWT_SIGNING_KEYS is not set. */
  readonly token: string | undefined;
  readonly jwksUrl: string;
  readonly version: string;
}

/** The names of the headers with the identity of the user. A proxy must delete them from every request of a client. */
export const IDENTITY_HEADERS = [
  ...['username', 'groups', 'email', 'name', 'uid', 'jwt'].map((name) => `x-authentik-${name}`),
  ...['jwks', 'outpost', 'provider', 'app', 'version'].map((name) => `x-authentik-meta-${name}`),
  ...['remote-user', 'remote-groups', 'remote-email', 'remote-name'],
] as const;

/** Returns the headers that a proxy adds to the request of a user (docs/spec/forward-auth.md#identity). */
export function identityHeaders(user: SiteUser, context: HeaderContext): Readonly<Record<string, string>> {
  const { site, uid, token, jwksUrl, version } = context;
  const { username, name, email } = user;
  const names = user.groups.map((group) => group.name);
  const values: Readonly<Record<(typeof IDENTITY_HEADERS)[number], string>> = {
    'x-authentik-username': username,
    'x-authentik-groups': joined(names, AUTHENTIK_SEPARATOR),
    'x-authentik-email': email,
    'x-authentik-name': name,
    'x-authentik-uid': uid,
    'x-authentik-jwt': token ?? '',
    'x-authentik-meta-jwks': token === undefined ? '' : jwksUrl,
    'x-authentik-meta-outpost': 'Gatehouse',
    'x-authentik-meta-provider': site.provider,
    'x-authentik-meta-app': site.application.slug,
    'x-authentik-meta-version': `gatehouse/${version}`,
    'remote-user': username,
    'remote-groups': joined(names, PLAIN_SEPARATOR),
    'remote-email': email,
    'remote-name': name,
  };
  return Object.fromEntries(Object.entries(values).map(([header, value]) => [header, headerValue(value)]));
}

/** Returns the bytes of headers, names and values together. */
export const bytesOf = (headers: Readonly<Record<string, string>>): number =>
  Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);

/**
 * Returns a text as a header value: UTF-8, with a space in place of each control character, so that no name of a user
 * adds a header.
 */
export const headerValue = (text: string): string =>
  Buffer.from(text.replace(CONTROL, ' ').trim(), 'utf8').toString('latin1');

/**
 * Joins the names of groups. Leaves out a name with the separator or a control character, which an application would
 * read as the names of other groups.
 */
const joined = (names: readonly string[], separator: string): string =>
  names.filter((name) => !name.includes(separator) && name.search(CONTROL) < 0).join(separator);
