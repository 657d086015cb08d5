import type { Reference } from '@gatehouse/contracts';
import { isMap, type Json, type JsonMap } from './json.js';
import type { Pk } from './tagged-value.js';

/**
 * Returns the pk of the user, or of the object of another kind, to which an earlier entry gives the pk `alias` in its
 * identifiers (docs/spec/blueprints.md#entries).
 */
export type FindRealPk = (alias: Json, isUser: boolean) => Pk | undefined;

/**
 * Replaces pks that earlier entries have in their identifiers by the real pks of the entries' objects. Replaces values,
 * and members of lists and maps one level deep. Replaces a number only in `references`, the fields that refer to objects,
 * because it may be any other number of the same value elsewhere.
 */
export function replaceAliases(
  values: JsonMap,
  realPkOf: FindRealPk,
  references: ReadonlyMap<string, Reference>,
): JsonMap {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const isReference = name === 'pk' || references.has(name);
      const isUser = references.get(name)?.to === 'user';
      const replace = (part: Json): Json =>
        typeof part === 'number' && !isReference ? part : (realPkOf(part, isUser) ?? part);
      return [name, replaceWithin(value, replace)];
    }),
  );
}

function replaceWithin(value: Json, replace: (part: Json) => Json): Json {
  if (Array.isArray(value)) return value.map(replace);
  if (!isMap(value)) return replace(value);
  return Object.fromEntries(Object.entries(value as JsonMap).map(([name, part]) => [name, replace(part)]));
}
