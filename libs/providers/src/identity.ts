import type { SourceIdentity } from './source.js';

/** What a provider said of somebody, untouched. */
export type ProviderProfile = Readonly<Record<string, unknown>>;

/** What of a profile means something here; none of it is looked at yet. */
export interface ProfileClaims {
  readonly identifier: unknown;
  readonly username?: unknown;
  readonly name?: unknown;
  readonly email?: unknown;
  /** Absent where the provider says nothing of the address. */
  readonly email_verified?: unknown;
  /** What groups are called. */
  readonly groups?: unknown;
}

const MAX = { identifier: 255, username: 150, name: 1000, email: 254, group: 255, groups: 1000 };

/** Controls, and halves of characters, which no database takes. */
const NO_TEXT = /[\p{Cc}\p{Cs}]/u;
const ADDRESS = /^[^\s@]+@[^\s@]+$/;

/** Somebody by what a provider says, with nothing but what it may say; undefined when nothing tells who it is. */
export function toSourceIdentity(claims: ProfileClaims, info: ProviderProfile): SourceIdentity | undefined {
  const identifier = textIn(claims.identifier, MAX.identifier);
  if (identifier === undefined) return undefined;
  const email = textIn(claims.email, MAX.email);
  const user = {
    username: textIn(claims.username, MAX.username),
    name: textIn(typeof claims.name === 'string' ? claims.name.trim() : claims.name, MAX.name),
    email: email && ADDRESS.test(email) ? email : undefined,
    email_verified: flagIn(claims.email_verified),
  };
  return { identifier, user: withoutUndefined(user), groups: groupsIn(claims.groups), info: { ...info } };
}

/** What is too long, or has blanks around it, or what is no text, counts as not said: cut, it could be somebody else's. */
function textIn(value: unknown, max: number): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string' || NO_TEXT.test(value) || value !== value.trim()) return undefined;
  return value && value.length <= max ? value : undefined;
}

/** Some say it in words. Whatever else is said of an address does not make it theirs. */
function flagIn(value: unknown): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  return value === true || value === 'true';
}

function groupsIn(value: unknown): SourceIdentity['groups'] {
  const names = Array.isArray(value) ? value.slice(0, MAX.groups).map((name) => textIn(name, MAX.group)) : [];
  return Object.fromEntries(names.flatMap((name) => (name === undefined ? [] : [[name, { name }]])));
}

/** Without what is not said. */
const withoutUndefined = (
  user: { readonly [K in keyof SourceIdentity['user']]-?: SourceIdentity['user'][K] | undefined },
) => Object.fromEntries(Object.entries(user).filter(([, value]) => value !== undefined)) as SourceIdentity['user'];
