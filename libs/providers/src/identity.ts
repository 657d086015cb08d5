import { type sourceIdentity, UNPRINTABLE } from '@gatehouse/contracts';
import type { z } from 'zod';

/** The identity of a user at a source. */
export type SourceIdentity = z.output<typeof sourceIdentity>;

/** The unmodified profile of a user at a provider. */
export type ProviderProfile = Readonly<Record<string, unknown>>;

/** The claims of a profile that Gatehouse uses, not yet validated. */
export interface ProfileClaims {
  readonly identifier: unknown;
  readonly username?: unknown;
  readonly name?: unknown;
  readonly email?: unknown;
  /** Absent when the provider does not verify addresses. */
  readonly email_verified?: unknown;
  /** Names of groups. */
  readonly groups?: unknown;
}

/** Maximum numbers of characters of each claim and of a group's name (`group`), and the maximum number of `groups`. */
const MAX = { identifier: 255, username: 150, name: 1000, email: 254, group: 255, groups: 1000 };

/** Control characters and lone surrogates. Postgres cannot store some of them. */
const INVALID_TEXT = /[\p{Cc}\p{Cs}]/u;
const EMAIL = /^[^\s@]+@[^\s@]+$/;

/** Returns the valid claims as an identity, or `undefined` when the identifier is missing or invalid. */
export function toSourceIdentity(claims: ProfileClaims, info: ProviderProfile): SourceIdentity | undefined {
  const identifier = toText(claims.identifier, MAX.identifier);
  if (identifier === undefined) return undefined;
  const email = toField(claims.email, MAX.email);
  const user = {
    username: toField(claims.username, MAX.username),
    name: toField(typeof claims.name === 'string' ? claims.name.trim() : claims.name, MAX.name),
    email: email && EMAIL.test(email) ? email : undefined,
    email_verified: toFlag(claims.email_verified),
  };
  return { identifier, user: withoutUndefined(user), groups: toGroups(claims.groups), info: { ...info } };
}

/**
 * Returns a text claim. Returns `undefined` for a value that is too long or has surrounding white space: a shortened or
 * trimmed value could be the value of another user.
 */
function toText(value: unknown, max: number): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string' || INVALID_TEXT.test(value) || value !== value.trim()) return undefined;
  return value && value.length <= max ? value : undefined;
}

/** Returns a text claim for a field of a user. `undefined` if it has bidirectional controls such as U+202E. */
function toField(value: unknown, max: number): string | undefined {
  const text = toText(value, max);
  return text !== undefined && !UNPRINTABLE.test(text) ? text : undefined;
}

/** Returns `true` for `true` and `'true'`, `undefined` for an absent value, and `false` for any other value. */
function toFlag(value: unknown): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  return value === true || value === 'true';
}

function toGroups(value: unknown): SourceIdentity['groups'] {
  const names = Array.isArray(value) ? value.slice(0, MAX.groups).map((name) => toText(name, MAX.group)) : [];
  return Object.fromEntries(names.flatMap((name) => (name === undefined ? [] : [[name, { name }]])));
}

const withoutUndefined = (
  user: { readonly [K in keyof SourceIdentity['user']]-?: SourceIdentity['user'][K] | undefined },
) => Object.fromEntries(Object.entries(user).filter(([, value]) => value !== undefined)) as SourceIdentity['user'];
