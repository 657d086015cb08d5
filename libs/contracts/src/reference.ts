import { z } from 'zod';
import { layers } from './layers.js';

/** What a config field can point to. A flow is compiled to its slug, a stage stays an id and stands in the version's `attached`. */
export type ReferenceKind = 'flow' | 'stage';

const registered = z.registry<{ to: ReferenceKind }>();

/** A config field that names another blueprint object; null when it names none. */
export function reference(to: ReferenceKind) {
  const schema = z.string().nullable().default(null);
  registered.add(schema, { to });
  return schema;
}

/** A config field that names several blueprint objects, in their order. */
export function references(to: ReferenceKind) {
  const schema = z.array(z.string()).default([]);
  registered.add(schema, { to });
  return schema;
}

/** The reference fields of a config, by name. */
export function referencesOf(config: z.ZodObject): ReadonlyMap<string, ReferenceKind> {
  const found = Object.entries(config.shape).flatMap(([name, schema]) => {
    const [meta] = [...layers(schema)].flatMap((layer) => registered.get(layer) ?? []);
    return meta ? [[name, meta.to] as const] : [];
  });
  return new Map(found);
}
