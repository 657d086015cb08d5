/** The attributes of a user or a group. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Merges objects deeply. A value of `changes` that is not an object replaces the value of `base`. */
export const mergeAttributes = (base: Attributes, changes: Attributes): Attributes =>
  mergeDeep(base, changes, (_before, value) => value);

/**
 * Merges the attributes `changes` of a user over the attributes `base` of the user's groups. Unlike mergeAttributes, it
 * concatenates lists (docs/spec/directory.md#attributes).
 */
export const overlayAttributes = (base: Attributes, changes: Attributes): Attributes =>
  mergeDeep(base, changes, (before, value) =>
    Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value,
  );

function mergeDeep(
  base: Attributes,
  changes: Attributes,
  combine: (before: unknown, value: unknown) => unknown,
): Attributes {
  const result = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const before = Object.hasOwn(result, key) ? result[key] : undefined;
    result[key] = isMap(before) && isMap(value) ? mergeDeep(before, value, combine) : combine(before, value);
  }
  return result;
}

const isMap = (value: unknown): value is Attributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const SOURCES = 'goauthentik.io/user/sources';

/** Returns the attributes with a source added to the list of sources that the user came from. */
export function addSource(attributes: Attributes, source: string | undefined): Attributes {
  if (source === undefined) return attributes;
  const value: unknown = attributes[SOURCES];
  const sources = Array.isArray(value) ? value : [];
  return sources.includes(source) ? attributes : { ...attributes, [SOURCES]: [...sources, source] };
}
