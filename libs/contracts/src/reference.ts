import { z } from 'zod';
import { schemaLayers } from './schema-layers.js';

/**
 * Kind of object that a config field refers to. A `flow` is compiled to its slug. A `stage` stays an id, and the
 * request has the stage in `attached`. A `group` or `user` is a UUID of the directory. The other kinds are `policy`,
 * and the kinds in `related_models` of a contract.
 */
export type ReferenceKind = string;

/** What a config field refers to. */
export interface Reference {
  readonly to: ReferenceKind;
  /** Blueprint model that the object must have. An external stage is accepted too. */
  readonly model?: string;
  /** Whether the field holds a list of ids. */
  readonly many?: boolean;
  /** Whether compiling the flow replaces the ids by the content of the objects. */
  readonly inlined?: boolean;
}

const referenceRegistry = z.registry<Reference>();

/** Returns the schema of a config field that refers to another blueprint object. Null means no object. */
export function reference(to: ReferenceKind, model?: string) {
  const schema = z.string().nullable().default(null);
  referenceRegistry.add(schema, { to, ...(model === undefined ? {} : { model }) });
  return schema;
}

/**
 * Returns the schema of a config field that refers to a list of blueprint objects. Stages of the list are in the
 * envelope's `attached` as `<field>.0`, `<field>.1` …
 */
export function references(to: ReferenceKind) {
  const schema = z.array(z.string()).default([]);
  referenceRegistry.add(schema, { to, many: true });
  return schema;
}

/**
 * Returns the schema of a config field that is a list of ids in a blueprint, and a list of objects in the compiled
 * flow: each with `id`, `name` and the fields of `content`.
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

/**
 * Returns a config's schema for blueprints, with its metadata: fields with inlined references are lists of ids there.
 */
export function blueprintConfig(config: z.ZodObject): z.ZodObject {
  const fields = [...referencesOf(config)].filter(([, { inlined }]) => inlined);
  const ids = ([name, { to }]: (typeof fields)[number]) => {
    const description = (config.shape[name] as z.ZodType | undefined)?.description;
    return [name, description === undefined ? references(to) : references(to).describe(description)];
  };
  return config.extend(Object.fromEntries(fields.map(ids))).meta(config.meta() ?? {});
}
