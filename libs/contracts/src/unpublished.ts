import { z } from 'zod';
import { schemaLayers } from './schema-layers.js';

const unpublishedTypes = z.registry<{ unpublished: true }>();

/**
 * Marks the schema of a field that only Gatehouse's pages use, and returns it. The published schema, which is
 * authentik's, omits the field.
 */
export function unpublished<S extends z.ZodType>(schema: S): S {
  unpublishedTypes.add(schema, { unpublished: true });
  return schema;
}

/** Returns an object schema without its unpublished fields. */
export function publishedPart(schema: z.ZodObject): z.ZodObject {
  const published = Object.entries(schema.shape).filter(([, field]) => !isUnpublished(field));
  return published.length === Object.keys(schema.shape).length ? schema : z.object(Object.fromEntries(published));
}

const isUnpublished = (field: unknown) =>
  [...schemaLayers(field)].some((layer) => unpublishedTypes.get(layer) !== undefined);
