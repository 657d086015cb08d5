import { z } from 'zod';
import { schemaLayers } from './layers.js';

const unpublishedTypes = z.registry<{ unpublished: true }>();

/** Marks a field that our own pages use and the published schema, which other clients were made from, does not have. */
export function unpublished<S extends z.ZodType>(schema: S): S {
  unpublishedTypes.add(schema, { unpublished: true });
  return schema;
}

/** The part of an object schema that is published. */
export function publishedPart(schema: z.ZodObject): z.ZodObject {
  const published = Object.entries(schema.shape).filter(([, field]) => !isUnpublished(field));
  return published.length === Object.keys(schema.shape).length ? schema : z.object(Object.fromEntries(published));
}

const isUnpublished = (field: unknown) =>
  [...schemaLayers(field)].some((layer) => unpublishedTypes.get(layer) !== undefined);
