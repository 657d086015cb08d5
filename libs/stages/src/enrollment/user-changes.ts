import { mergeAttributes } from '@gatehouse/directory';

type Values = Readonly<Record<string, unknown>>;

/** The values of `prompt_data` that the stage writes to a user. */
export interface UserChanges {
  readonly fields: { readonly username?: string; readonly name?: string; readonly email?: string };
  /** Password as the visitor typed it. */
  readonly password: string | undefined;
  /** Attributes to merge into the attributes of the user. */
  readonly attributes: Values;
}

const FIELDS: ReadonlySet<string> = new Set(['username', 'name', 'email']);
const ATTRIBUTES = 'attributes';
const PREFIX = /^attributes[._]/;

/** Names of authentik's own attributes. */
const AUTHENTIK_ATTRIBUTE = /^goauthentik\.io(\/|$)/;
/** Names of attributes that grant rights or claim a verification. A form must not set such an attribute. */
const RESERVED = /^goauthentik\.io(\/|$)|verified/i;

/**
 * Returns the username, name, email, password and attributes in `data`, and ignores every other key. Values that an
 * invitation has fixed may set any attribute, because an administrator wrote them.
 */
export function userChangesFrom(data: Values, locked: readonly string[]): UserChanges {
  const fields = Object.entries(data).flatMap(([key, value]) => (FIELDS.has(key) ? textEntry(key, value) : []));
  const password = data['password'];
  return {
    fields: Object.fromEntries(fields),
    password: typeof password === 'string' && password !== '' ? password : undefined,
    attributes: Object.entries(data).reduce<Values>(
      (attributes, entry) => withAttribute(attributes, entry, locked),
      {},
    ),
  };
}

const textEntry = (key: string, value: unknown): [string, string][] =>
  typeof value === 'string' || typeof value === 'number' ? [[key, String(value)]] : [];

/**
 * Returns the attributes with one entry of `prompt_data` merged into them. The value of the key `attributes` is an
 * object of attributes; the key `attributes.a.b` is the path of a single attribute. Only dots split a path
 * (docs/spec/stages.md#user-write-attributes).
 */
function withAttribute(attributes: Values, [key, value]: [string, unknown], locked: readonly string[]): Values {
  const path = key === ATTRIBUTES ? [] : PREFIX.test(key) ? pathOf(key.slice(ATTRIBUTES.length + 1)) : undefined;
  if (!path || (path.length === 0 && !isObject(value))) return attributes;
  const added = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Values;
  if (locked.includes(key)) return mergeAttributes(attributes, added);
  const fixed = locked.filter((lockedKey) => PREFIX.test(lockedKey)).map(normalizeKey);
  // Another spelling of a key that an invitation has fixed must not change the fixed value.
  const isFixed = fixed.some(
    (fixedKey) => contains(fixedKey, normalizeKey(key)) || contains(normalizeKey(key), fixedKey),
  );
  if (path.length > 0 && isFixed) return attributes;
  return mergeAttributes(attributes, withoutReserved(added, ATTRIBUTES, fixed));
}

const normalizeKey = (key: string) => key.replace(PREFIX, `${ATTRIBUTES}.`);
const contains = (outer: string, inner: string) => outer === inner || inner.startsWith(`${outer}.`);

/**
 * Splits the path of an attribute at its dots. The name of an authentik attribute (`goauthentik.io/…`) has a dot, and
 * is not split.
 */
const pathOf = (rest: string): string[] => (AUTHENTIK_ATTRIBUTE.test(rest) ? [rest] : rest.split('.'));

/** Removes reserved attributes at any depth, except those that an invitation has fixed. */
const withoutReserved = (values: Values, path: string, fixed: readonly string[]): Values =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name !== '__proto__')
      .filter(([name]) => !RESERVED.test(name) || fixed.some((fixedKey) => contains(`${path}.${name}`, fixedKey)))
      .map(([name, value]) => [name, isObject(value) ? withoutReserved(value, `${path}.${name}`, fixed) : value]),
  );

const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
