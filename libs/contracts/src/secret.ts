import { z } from 'zod';
import { schemaLayers } from './layers.js';

const secrets = z.registry<{ secret: true }>();

/** Twenty asterisks: what stands in logs, events and inspectors where a secret was (docs/spec/events.md#masking). */
export const REDACTED = '*'.repeat(20);

/** Marks a schema's value as secret: redacted by loggers and events, never part of a challenge. */
export function secret<S extends z.ZodType>(schema: S): S {
  secrets.add(schema, { secret: true });
  return schema;
}

/** The fields of an object schema that hold secrets. */
export function secretFields(schema: z.ZodObject): readonly string[] {
  return Object.entries(schema.shape)
    .filter(([, field]) => isSecret(field))
    .map(([name]) => name);
}

/** Asked for by `get`, which also knows what `.refine()` and `.describe()` make of a marked schema. */
const isSecret = (field: unknown) => [...schemaLayers(field)].some((layer) => secrets.get(layer) !== undefined);

/** A copy of `value` that is safe to log: secret fields of `schema` are replaced by asterisks. */
export function redact(schema: z.ZodObject, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const hidden = new Set(secretFields(schema));
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, hidden.has(name) ? REDACTED : v]));
}

const SECRET_KEY_PATTERN = /api|token|key|secret|pass|signature|http_cookie/i;
const HARMLESS_KEY_PATTERN = /passing|password_change_date/i;

/**
 * Masks every value whose key sounds secret, at any depth: for the context of audit events
 * (docs/spec/events.md#masking).
 */
export function maskByKey(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskByKey);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, v]) => [
      key,
      SECRET_KEY_PATTERN.test(key) && !HARMLESS_KEY_PATTERN.test(key) ? REDACTED : maskByKey(v),
    ]),
  );
}
