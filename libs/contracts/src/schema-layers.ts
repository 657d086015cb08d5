import { z } from 'zod';

const wrappers = [z.ZodOptional, z.ZodNullable, z.ZodDefault, z.ZodPrefault, z.ZodNonOptional, z.ZodReadonly] as const;

/**
 * Yields a schema and the schemas that it wraps, outermost first, so that marks of a schema also hold for its `.optional()`.
 */
export function* schemaLayers(schema: unknown): Iterable<z.ZodType> {
  for (let layer = schema; layer instanceof z.ZodType; ) {
    yield layer;
    const wrapper = wrappers.find((kind) => layer instanceof kind);
    layer = wrapper && (layer as InstanceType<typeof wrapper>).unwrap();
  }
}
