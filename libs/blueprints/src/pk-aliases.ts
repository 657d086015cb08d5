import { isMap, type Json, type JsonMap } from './json.js';
import type { Pk } from './tagged-value.js';

/**
 * Replaces pks that earlier entries have in their identifiers by the real pks of the entries' objects, which `aliases`
 * contains (docs/spec/blueprints.md#entries). Replaces values, and members of lists and maps one level deep.
 */
export function replaceAliases(values: JsonMap, aliases: ReadonlyMap<Json, Pk>, depth = 0): JsonMap {
  if (aliases.size === 0) return values;
  const replace = (value: Json): Json => aliases.get(value) ?? value;
  const replaceWithin = (value: Json): Json => {
    if (depth > 0) return replace(value);
    if (Array.isArray(value)) return value.map(replace);
    return isMap(value) ? replaceAliases(value as JsonMap, aliases, depth + 1) : replace(value);
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, replaceWithin(value)]));
}
