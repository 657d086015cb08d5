type Values = Readonly<Record<string, unknown>>;

const ATTRIBUTES = 'attributes';

/**
 * Merges the fixed data of an invitation into the entered data. A fixed value replaces the entered value of the same
 * key, except that lists are concatenated and objects are merged. Other entered values stay. `locked` has the keys of
 * the fixed values, which later forms must not change.
 */
export function mergeFixedData(data: Values, fixed: Values): { readonly data: Values; readonly locked: string[] } {
  const locked = Object.entries(fixed).flatMap(([key, value]) => (key === ATTRIBUTES ? leafPaths(key, value) : [key]));
  const unlocked = Object.entries(data).filter(([key]) => !Object.hasOwn(fixed, key) && isUnlocked(key, locked));
  const merged = Object.entries(fixed).map(([key, value]) => [key, mergeValues(own(data, key), value)]);
  return { data: Object.fromEntries([...unlocked, ...merged]) as Values, locked };
}

/**
 * Returns whether entered data may have this key: `locked` has neither the key, nor a path below it, nor a path above
 * it.
 */
const isUnlocked = (key: string, locked: readonly string[]) =>
  locked.every((path) => path !== key && !path.startsWith(`${key}.`) && !key.startsWith(`${path}.`));

/** Returns the dotted paths of all leaf values, such as `attributes.a.b`. Field keys of forms have the same format. */
function leafPaths(key: string, value: unknown): string[] {
  if (!isObject(value) || Object.keys(value).length === 0) return [key];
  return Object.entries(value).flatMap(([name, inner]) => leafPaths(`${key}.${name}`, inner));
}

/** Merges objects and concatenates lists. Returns the fixed value for all other types. */
function mergeValues(entered: unknown, fixed: unknown): unknown {
  if (Array.isArray(entered) && Array.isArray(fixed)) return [...entered, ...fixed];
  if (!isObject(entered) || !isObject(fixed)) return fixed;
  const inner = Object.entries(fixed).map(([key, value]) => [key, mergeValues(own(entered, key), value)]);
  return { ...entered, ...(Object.fromEntries(inner) as Values) };
}

const own = (values: Values, key: string): unknown => (Object.hasOwn(values, key) ? values[key] : undefined);
const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
