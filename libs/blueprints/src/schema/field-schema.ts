import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { DescribedField } from './described-models.js';

/** A JSON Schema (draft 7). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Reference to the definition of a tag with arguments, which an editor shows as a list. */
export const TAG: JsonSchema = { $ref: '#/definitions/tag' };

/**
 * Matches the strings that the blueprint reader accepts for a boolean, in addition to JSON booleans and the numbers 0
 * and 1.
 */
const BOOLEAN_TEXT = '^([tTyYfFnN10]|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$';
const INTEGER_TEXT = '^\\s*[+-]?\\d+(_\\d+)*(\\.0*)?\\s*$';
const NUMBER_TEXT = '^\\s*[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?\\s*$';

/** Returns the JSON Schema of a field: all values that a blueprint may give it, or a tag. */
export function fieldSchema({ schema, description, refersTo }: DescribedField): JsonSchema {
  const {
    $schema: _,
    default: fallback,
    ...type
  } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => amend(zodSchema._zod.def, jsonSchema),
  }) as Record<string, unknown>;
  const { description: __, since: ___, ...plain } = type;
  const alternatives = [
    ...(Array.isArray(plain['anyOf']) ? (plain['anyOf'] as JsonSchema[]) : [plain]),
    ...(isList(plain) ? [{ $ref: '#/definitions/listTag' }] : [TAG]),
    ...(refersTo === undefined ? [] : [{ $ref: '#/definitions/reference' }]),
  ];
  return {
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
    anyOf: alternatives,
  };
}

/** Whether a field accepts only lists and null. */
const isList = ({ type, anyOf }: Record<string, unknown>): boolean =>
  type === 'array' || (Array.isArray(anyOf) && anyOf.every((part) => LIST_OR_NULL.has((part as JsonSchema)['type'])));
const LIST_OR_NULL: ReadonlySet<unknown> = new Set(['array', 'null']);

type Definition = z.core.$ZodTypes['_zod']['def'];

/** Replaces the schema that zod derives from a coercing field with the schema of the values that the reader accepts. */
function amend(definition: Definition, schema: Record<string, unknown>): void {
  const { wire } = schema;
  if (wire !== undefined) {
    for (const key of Object.keys(schema)) if (key !== 'default') delete schema[key];
    Object.assign(schema, accepted(wire as Record<string, unknown>));
  }
  if (definition.type === 'default') setDefault(schema, definition.defaultValue, definition.defaultValue);
  // A number is the id of a user. `!KeyOf` can return such an id too.
  if (schema['type'] === 'integer') schema['type'] = ['integer', 'string'];
  if (schema['type'] === 'array') schema['items'] = { anyOf: [schema['items'] ?? {}, TAG] };
  for (const limit of ['minimum', 'maximum'])
    if (Math.abs(Number(schema[limit])) >= Number.MAX_SAFE_INTEGER) delete schema[limit];
}

/** Sets a default, unless the default is random, which shows when two parses return different values. */
function setDefault(schema: Record<string, unknown>, first: unknown, second: unknown): void {
  if (isDeepStrictEqual(first, second)) schema['default'] = first;
  else delete schema['default'];
}

/** Returns the JSON Schema of what the reader converts to a type of the API. */
function accepted(wire: Record<string, unknown>): JsonSchema {
  const { type, enum: choices } = wire;
  if (Array.isArray(choices)) {
    const numbers = choices.filter((choice) => /^\d+$/.test(String(choice))).map(Number);
    return { enum: [...choices, ...numbers] };
  }
  if (type === 'boolean') return { anyOf: [{ type }, { enum: [0, 1] }, { type: 'string', pattern: BOOLEAN_TEXT }] };
  if (type === 'integer') return { anyOf: [wire, { type: 'string', pattern: INTEGER_TEXT }] };
  if (type === 'number') return { anyOf: [wire, { type: 'string', pattern: NUMBER_TEXT }] };
  return type === 'string' ? { ...wire, type: ['string', 'number'] } : wire;
}
