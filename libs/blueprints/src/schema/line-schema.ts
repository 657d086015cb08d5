import { type ApiVersion, onlyIn, typeIn } from '@gatehouse/contracts';
import { z } from 'zod';
import type { Json } from '../json.js';
import { olderDefault } from '../newer-fields.js';
import type { DescribedField } from './described-models.js';
import { fieldSchema, type JsonSchema } from './field-schema.js';

/**
 * Returns the JSON Schema of a field in an API line. Omits what 2024.8 does not have, but accepts the default value of
 * an omitted field, because exports contain it (docs/spec/api-versions.md#blueprints).
 */
export function fieldSchemaIn(apiVersion: ApiVersion, field: DescribedField): JsonSchema {
  if (apiVersion !== '2024.8') return fieldSchema(field);
  const fallback = field.schema.safeParse(undefined).data as Json | undefined;
  const leftOut = { enum: fallback === undefined ? [null] : [fallback] };
  if (onlyIn(field.schema) === '2026.8')
    return { description: `${field.description} Only with API_VERSION=2026.8.`, ...leftOut };
  const older = typeIn('2024.8', z.object({ field: field.schema })).shape.field ?? field.schema;
  if (older === field.schema) return fieldSchema(field);
  const { anyOf, default: _, ...schema } = fieldSchema({ ...field, schema: older });
  const shown = olderDefault(field.schema) ?? older.safeParse(undefined).data;
  return {
    ...schema,
    ...(shown !== undefined && { default: shown }),
    anyOf: [...(anyOf as JsonSchema[]), ...(fallback === undefined ? [] : [leftOut])],
  };
}
