import { isMap, type Json, type JsonMap } from './json.js';
import type { Pk } from './tagged-value.js';

/**
 * Replaces each pk that an earlier entry declares with the real pk of that entry's object
 * (docs/spec/blueprints.md#entries), in values and one level within lists and maps. `aliases` has the real pks.
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
