import { mergeAttributes } from '@gatehouse/directory';

type Bag = Readonly<Record<string, unknown>>;

/** What of `prompt_data` is written to a user. */
export interface WrittenUser {
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
export function writtenUser(data: Bag, locked: readonly string[]): WrittenUser {
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

/** `attributes` holds several; `attributes.a.b` is one inside of `a`. Only dots part names (02-stages P-31). */
function withAttribute(all: Bag, [key, value]: [string, unknown], locked: readonly string[]): Bag {
  const path = key === ATTRIBUTES ? [] : PREFIX.test(key) ? pathOf(key.slice(ATTRIBUTES.length + 1)) : undefined;
  if (!path || (path.length === 0 && !isBag(value))) return all;
  const isFixed = locked.some((one) => one === key || (key === ATTRIBUTES && one.startsWith(`${ATTRIBUTES}.`)));
  const added = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Bag;
  return mergeAttributes(all, isFixed ? added : allowed(added));
}

/** A name of the reference's own, which has a dot in it, is one name. */
const pathOf = (rest: string): string[] => (OF_THE_REFERENCE.test(rest) ? [rest] : rest.split('.'));

/** Without what is reserved, at any depth. */
const allowed = (bag: Bag): Bag =>
  Object.fromEntries(
    Object.entries(bag)
      .filter(([name]) => !RESERVED.test(name) && name !== '__proto__')
      .map(([name, value]) => [name, isBag(value) ? allowed(value) : value]),
  );

const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value);
