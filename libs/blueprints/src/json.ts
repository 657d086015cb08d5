/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonMap;
/** A JSON object. */
export interface JsonMap {
  readonly [key: string]: Json;
}

/** Returns whether a value is a plain object: not null, an array or an instance of a class. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * Merges maps recursively. Lists are concatenated; for any other value the last one wins
 * (docs/spec/blueprints.md#document).
 */
export function deepMerge<T>(maps: readonly Readonly<Record<string, T>>[]): Record<string, T> {
  const merged = new Map<string, T>();
  for (const [key, value] of maps.flatMap((map) => Object.entries(map))) {
    merged.set(key, merged.has(key) ? mergeValues(merged.get(key) as T, value) : value);
  }
  return Object.fromEntries(merged);
}

function mergeValues<T>(first: T, second: T): T {
  if (isMap(first) && isMap(second)) return deepMerge([first, second]) as T;
  return Array.isArray(first) && Array.isArray(second) ? ([...first, ...second] as T) : second;
}

/** Returns JSON with sorted keys, so that equal values have equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isMap(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

/** Returns whether two values are deeply equal, regardless of the order of keys. */
export const equal = (a: unknown, b: unknown): boolean => a === b || canonical(a) === canonical(b);

/** Returns whether `whole` contains `part` as in Postgres' `@>`: maps by key, lists by element, scalars by equality. */
export function contains(whole: unknown, part: unknown): boolean {
  if (isMap(whole) && isMap(part)) {
    return Object.entries(part).every(([key, value]) => Object.hasOwn(whole, key) && contains(whole[key], value));
  }
  if (Array.isArray(whole) && Array.isArray(part)) return part.every((p) => whole.some((w) => contains(w, p)));
  return equal(whole, part);
}

/** Returns the truth value as in Python: zero, the empty string, an empty list, an empty map and null are false. */
export function isTruthy(value: Json): boolean {
  if (value === null || typeof value !== 'object') return Boolean(value);
  return (Array.isArray(value) ? value : Object.keys(value)).length > 0;
}
