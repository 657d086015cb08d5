/** What is known of a user or a group beside their fields. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Maps merge into each other; of anything else the later counts. */
export const mergeAttributes = (one: Attributes, other: Attributes): Attributes =>
  mergeDeep(one, other, (_before, value) => value);

/**
 * As those of a user are laid over those of their groups: lists are joined besides (docs/spec/directory.md#attributes).
 */
export const overlayAttributes = (one: Attributes, other: Attributes): Attributes =>
  mergeDeep(one, other, (before, value) =>
    Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value,
  );

function mergeDeep(
  one: Attributes,
  other: Attributes,
  together: (before: unknown, value: unknown) => unknown,
): Attributes {
  const result = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const before = Object.hasOwn(result, key) ? result[key] : undefined;
    result[key] = isMap(before) && isMap(value) ? mergeDeep(before, value, together) : together(before, value);
  }
  return result;
}

const isMap = (value: unknown): value is Attributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const SOURCES = 'goauthentik.io/user/sources';

/** Attributes with a source among those that a user came from. */
export function addSource(attributes: Attributes, source: string | undefined): Attributes {
  if (source === undefined) return attributes;
  const known: unknown = attributes[SOURCES];
  const sources = Array.isArray(known) ? known : [];
  return sources.includes(source) ? attributes : { ...attributes, [SOURCES]: [...sources, source] };
}
