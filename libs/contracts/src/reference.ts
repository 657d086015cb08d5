import { z } from 'zod';
import { schemaLayers } from './layers.js';

/**
 * What a config field can point to: `flow` (compiled to its slug), `stage` (stays an id, stands in the version's `attached`),
 * `policy`, `group` and `user` of the directory (a uuid), or the kind of a part that some stage's contract declares.
 */
export type ReferenceKind = string;

/** How a field points to other objects. */
export interface Reference {
  readonly to: ReferenceKind;
  /** The model of this house that it must be of: another would pass where this one asks. A stranger's may stand in for any. */
  readonly model?: string;
  /** It holds a list of them. */
  readonly many?: boolean;
  /** What they say is compiled into the field, in the place of their ids. */
  readonly inlined?: boolean;
}

const referenceRegistry = z.registry<Reference>();

/** A config field that names another blueprint object; null when it names none. */
export function reference(to: ReferenceKind, model?: string) {
  const schema = z.string().nullable().default(null);
  referenceRegistry.add(schema, { to, ...(model === undefined ? {} : { model }) });
  return schema;
}

/** A config field that names any number of blueprint objects; a stage finds those that are stages in `attached`, as `field.0` and so on. */
export function references(to: ReferenceKind) {
  const schema = z.array(z.string()).default([]);
  referenceRegistry.add(schema, { to, many: true });
  return schema;
}

/** A config field that names any number of blueprint objects and, once compiled, holds what each of them says: `id`, `name` and the fields of `part`. */
export function inlinedReferences<S extends z.ZodObject>(to: ReferenceKind, part: S) {
  const schema = z.array(part).default([]);
  referenceRegistry.add(schema, { to, many: true, inlined: true });
  return schema;
}

/** The reference fields of a config, by name. */
export function referencesOf(config: z.ZodObject): ReadonlyMap<string, Reference> {
  const found = Object.entries(config.shape).flatMap(([name, schema]) => {
    const [mark] = [...schemaLayers(schema)].flatMap((layer) => referenceRegistry.get(layer) ?? []);
    return mark ? [[name, mark] as const] : [];
  });
  return new Map(found);
}

/** A config as a blueprint writes it: ids where other objects are compiled in. */
export function blueprintConfig(config: z.ZodObject): z.ZodObject {
  const fields = [...referencesOf(config)].filter(([, { inlined: isInlined }]) => isInlined);
  return config.extend(Object.fromEntries(fields.map(([name, { to }]) => [name, references(to)])));
}
