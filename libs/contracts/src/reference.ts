import { z } from 'zod';
import { schemaLayers } from './schema-layers.js';

/**
 * Kind of object that a config field refers to: `flow` (compiled to its slug), `stage` (stays an id, resolved in `attached`),
 * `policy`, `group` or `user` (a UUID of the directory), or a kind of `related_models` of a contract.
 */
export type ReferenceKind = string;

/** The reference that a config field holds. */
export interface Reference {
  readonly to: ReferenceKind;
  /** Model that the object must have. Another built-in model is refused, an external stage is accepted. */
  readonly model?: string;
  /** Whether the field holds a list of ids. */
  readonly many?: boolean;
  /** Whether the ids are replaced by the objects' content when the flow is compiled. */
  readonly inlined?: boolean;
}

const referenceRegistry = z.registry<Reference>();

/** Returns the schema of a config field that refers to another blueprint object, or is null. */
export function reference(to: ReferenceKind, model?: string) {
  const schema = z.string().nullable().default(null);
  referenceRegistry.add(schema, { to, ...(model === undefined ? {} : { model }) });
  return schema;
}

/**
 * Returns the schema of a config field that refers to a list of blueprint objects. Stages are in `attached` as `field.0`,
 * `field.1` …
 */
export function references(to: ReferenceKind) {
  const schema = z.array(z.string()).default([]);
  referenceRegistry.add(schema, { to, many: true });
  return schema;
}

/**
 * Returns the schema of a config field that refers to a list of blueprint objects in a blueprint, and holds their content after
 * compilation: `id`, `name` and the fields of `content`.
 */
export function inlinedReferences<S extends z.ZodObject>(to: ReferenceKind, content: S) {
  const schema = z.array(content).default([]);
  referenceRegistry.add(schema, { to, many: true, inlined: true });
  return schema;
}

/** Returns the reference fields of a config by their names. */
export function referencesOf(config: z.ZodObject): ReadonlyMap<string, Reference> {
  const references = Object.entries(config.shape).flatMap(([name, schema]) => {
    const [reference] = [...schemaLayers(schema)].flatMap((layer) => referenceRegistry.get(layer) ?? []);
    return reference ? [[name, reference] as const] : [];
  });
  return new Map(references);
}

/** Returns the schema of a config in a blueprint, where inlined references are ids. */
export function blueprintConfig(config: z.ZodObject): z.ZodObject {
  const fields = [...referencesOf(config)].filter(([, { inlined }]) => inlined);
  return config.extend(Object.fromEntries(fields.map(([name, { to }]) => [name, references(to)])));
}
