import { z } from 'zod';

const wrappers = [z.ZodOptional, z.ZodNullable, z.ZodDefault, z.ZodPrefault, z.ZodNonOptional, z.ZodReadonly] as const;

/**
 * Yields a schema and all schemas that it wraps, outermost first, so that a caller also finds a mark such as `secret`
 * inside `.optional()`.
 */
export function* schemaLayers(schema: unknown): Iterable<z.ZodType> {
  for (let layer = schema; layer instanceof z.ZodType; ) {
    yield layer;
    const wrapper = wrappers.find((kind) => layer instanceof kind);
    layer = wrapper && (layer as InstanceType<typeof wrapper>).unwrap();
  }
}
