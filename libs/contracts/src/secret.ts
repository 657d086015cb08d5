import { z } from 'zod';
import { schemaLayers } from './schema-layers.js';

const secrets = z.registry<{ secret: true }>();
const knownFields = new WeakMap<z.ZodObject, readonly string[]>();

/** Text that logs, events and the inspector contain in place of a secret (docs/spec/events.md#masking). */
export const REDACTED = '*'.repeat(20);

/**
 * Marks a schema as secret: its value is redacted in logs and events, and never part of a challenge. Returns the
 * schema.
 */
export function secret<S extends z.ZodType>(schema: S): S {
  secrets.add(schema, { secret: true });
  return schema;
}

/** Returns the names of the secret fields of an object schema. Caches them, because a schema never changes. */
export function secretFields(schema: z.ZodObject): readonly string[] {
  const known = knownFields.get(schema);
  if (known) return known;
  const names = Object.keys(schema.shape).filter((name) => isSecret(schema.shape[name]));
  knownFields.set(schema, names);
  return names;
}

/**
 * Whether a schema is marked as secret. The registry's `get` also finds marks inherited by `.refine()` or
 * `.describe()`.
 */
const isSecret = (field: unknown) => [...schemaLayers(field)].some((layer) => secrets.get(layer) !== undefined);

/** Returns a copy of `value` that is safe to log, with the secret fields of `schema` replaced by asterisks. */
export function redact(schema: z.ZodObject, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const hidden = new Set(secretFields(schema));
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, hidden.has(name) ? REDACTED : v]));
}

const SECRET_KEY_PATTERN = /api|token|key|secret|pass|signature|http_cookie|invitation_uuid/i;
const HARMLESS_KEY_PATTERN = /passing|password_change_date/i;

/** Returns whether values with this key are masked in events and logs (docs/spec/events.md#masking). */
export const isMaskedKey = (key: string): boolean => SECRET_KEY_PATTERN.test(key) && !HARMLESS_KEY_PATTERN.test(key);

/**
 * Masks every value whose key looks like the name of a secret, at any depth, for audit events
 * (docs/spec/events.md#masking).
 */
export function maskByKey(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskByKey);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, isMaskedKey(key) ? REDACTED : maskByKey(v)]));
}
