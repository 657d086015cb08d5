import type { Reference } from '@gatehouse/contracts';
import { isMap, type Json, type JsonMap } from './json.js';
import type { Pk } from './tagged-value.js';

/**
 * Returns the real pk of the object for which an earlier entry has the pk `alias` in its identifiers
 * (docs/spec/blueprints.md#entries). Users have aliases of their own.
 */
export type FindRealPk = (alias: Json, isUser: boolean) => Pk | undefined;

/**
 * Replaces aliases, that is, pks in the identifiers of earlier entries, by real pks. Replaces values, and members of
 * lists and maps one level deep. Replaces numbers only in `references`, the fields that refer to objects: in another
 * field, an equal number is no pk.
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
