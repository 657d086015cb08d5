import { mergeAttributes } from '@gatehouse/directory';

type Bag = Readonly<Record<string, unknown>>;

/** What of `prompt_data` is written to a user. */
export interface UserChanges {
  readonly fields: { readonly username?: string; readonly name?: string; readonly email?: string };
  /** As it was typed. */
  readonly password: string | undefined;
  /** To be merged into those that there are. */
  readonly attributes: Bag;
}

const FIELDS: ReadonlySet<string> = new Set(['username', 'name', 'email']);
const ATTRIBUTES = 'attributes';
const PREFIX = /^attributes[._]/;

/** Attributes that decide what somebody may do, or say what was proved of them: not for whoever fills a form in. */
const OF_THE_REFERENCE = /^goauthentik\.io(\/|$)/;
const RESERVED = /^goauthentik\.io(\/|$)|verified/i;

/**
 * Who is written: names, address, password and attributes, by their keys; everything else of `data` is not for users. What an
 * invitation fixed may name any attribute, since an administrator wrote it.
 */
export function userChangesFrom(data: Bag, locked: readonly string[]): UserChanges {
  const fields = Object.entries(data).flatMap(([key, value]) => (FIELDS.has(key) ? textIn(key, value) : []));
  const password = data['password'];
  return {
    fields: Object.fromEntries(fields),
    password: typeof password === 'string' && password !== '' ? password : undefined,
    attributes: Object.entries(data).reduce<Bag>((all, one) => withAttribute(all, one, locked), {}),
  };
}

const textIn = (key: string, value: unknown): [string, string][] =>
  typeof value === 'string' || typeof value === 'number' ? [[key, String(value)]] : [];

/**
 * `attributes` holds several; `attributes.a.b` is one inside of `a`. Only dots part names
 * (docs/spec/stages.md#user-write-attributes).
 */
function withAttribute(all: Bag, [key, value]: [string, unknown], locked: readonly string[]): Bag {
  const path = key === ATTRIBUTES ? [] : PREFIX.test(key) ? pathOf(key.slice(ATTRIBUTES.length + 1)) : undefined;
  if (!path || (path.length === 0 && !isBag(value))) return all;
  const added = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Bag;
  if (locked.includes(key)) return mergeAttributes(all, added);
  const fixed = locked.filter((one) => PREFIX.test(one)).map(spelled);
  // What an invitation fixed is not changed by another spelling of its key.
  if (path.length > 0 && fixed.some((one) => isAround(one, spelled(key)) || isAround(spelled(key), one))) return all;
  return mergeAttributes(all, withoutReserved(added, ATTRIBUTES, fixed));
}

const spelled = (key: string) => key.replace(PREFIX, `${ATTRIBUTES}.`);
const isAround = (outer: string, inner: string) => outer === inner || inner.startsWith(`${outer}.`);

/** A name of the reference's own, which has a dot in it, is one name. */
const pathOf = (rest: string): string[] => (OF_THE_REFERENCE.test(rest) ? [rest] : rest.split('.'));

/** Without what is reserved, at any depth, unless an invitation fixed that very thing. */
const withoutReserved = (bag: Bag, at: string, fixed: readonly string[]): Bag =>
  Object.fromEntries(
    Object.entries(bag)
      .filter(([name]) => name !== '__proto__')
      .filter(([name]) => !RESERVED.test(name) || fixed.some((one) => isAround(`${at}.${name}`, one)))
      .map(([name, value]) => [name, isBag(value) ? withoutReserved(value, `${at}.${name}`, fixed) : value]),
  );

const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value);
