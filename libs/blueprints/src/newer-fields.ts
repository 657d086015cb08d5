import { isDeepStrictEqual } from 'node:util';
import { type ApiVersion, newerValuesOf, onlyIn, typeBefore } from '@gatehouse/contracts';
import type { z } from 'zod';
import { BlueprintError } from './blueprint-error.js';
import { schemaAt } from './choices.js';
import type { Collection } from './collection.js';
import type { Entry } from './document.js';
import type { Json, JsonMap } from './json.js';

/** An entry with its values, and the configured API line. */
interface Subject {
  readonly model: string;
  /** The attrs and identifiers together, as the object gets them. */
  readonly values: JsonMap;
  readonly collection: Collection;
  readonly apiVersion: ApiVersion;
}

/**
 * Returns an error for the model of an entry, or for each of its fields, that authentik has only since a newer API line
 * than the configured one. Such a model or field is never ignored, because the object would let more users pass or
 * would not work (docs/spec/api-versions.md#blueprints).
 */
export function newerParts(entry: Entry, { model, values, collection, apiVersion }: Subject): BlueprintError[] {
  if (apiVersion !== '2024.8') return [];
  if (collection.apiVersion === '2026.8') return [newer(`the model ${model}`, { line: entry.lineOfKey('model') })];
  const { schema } = collection;
  if (!schema) return [];
  return Object.entries(values).flatMap(([field, value]) => {
    const part = newerPart(schema.shape[field], { field, value });
    return part === undefined ? [] : [newer(part, { field, line: entry.lineOf(field) })];
  });
}

const newer = (part: string, location: { readonly field?: string; readonly line?: number | undefined }) =>
  new BlueprintError(`${part} is new in authentik 2026.8. Set API_VERSION=2026.8 to use it`, location, {
    code: 'newer-version',
  });

/** Returns the name of the field, or of its value, that 2024.8 does not have. Undefined if 2024.8 has both. */
function newerPart(type: unknown, { field, value }: { readonly field: string; readonly value: Json }) {
  if (type === undefined) return undefined;
  if (isDefault(type as z.ZodType, value)) return undefined;
  if (onlyIn(type) === '2026.8') return `the field ${field}`;
  const values = newerValuesIn(type, value, []);
  if (values.length > 0) return `the value ${JSON.stringify(values[0])} of the field ${field}`;
  const before = typeBefore(type);
  return before && !before.safeParse(value).success && (type as z.ZodType).safeParse(value).success
    ? `this kind of value of the field ${field}`
    : undefined;
}

/**
 * Returns the defaults of a new object that differ between an API line and the newest one: default lists of all
 * choices, without the choices that the line does not have.
 */
export function defaultsIn(apiVersion: ApiVersion, { schema }: Pick<Collection, 'schema'>): JsonMap {
  if (apiVersion !== '2024.8' || !schema) return {};
  return Object.fromEntries(
    Object.entries(schema.shape).flatMap(([field, type]) => {
      const older = olderDefault(type as z.ZodType);
      return older ? [[field, older]] : [];
    }),
  );
}

/** Returns the default of a list without the choices that 2024.8 does not have. Undefined if it has all of them. */
export function olderDefault(type: z.ZodType): Json[] | undefined {
  const value = type.safeParse(undefined).data as Json | undefined;
  if (!Array.isArray(value)) return undefined;
  const newer = newerValuesIn(type, value, []);
  return newer.length > 0 ? value.filter((item) => !newer.includes(item)) : undefined;
}

/** Whether a value of a field has the same effect as leaving out the field. */
function isDefault(type: z.ZodType, value: Json): boolean {
  const [left, given] = [type.safeParse(undefined), type.safeParse(value)];
  return left.success && given.success && isDeepStrictEqual(left.data, given.data);
}

/** Returns the values in a list or in a single choice that 2024.8 does not have. */
function newerValuesIn(type: unknown, value: Json, path: readonly number[]): Json[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => newerValuesIn(type, item, [...path, i]));
  return typeof value === 'string' && newerValuesOf(schemaAt(type, path)).includes(value) ? [value] : [];
}
