import { z } from 'zod';

const wrappers = [z.ZodOptional, z.ZodNullable, z.ZodDefault, z.ZodPrefault, z.ZodNonOptional, z.ZodReadonly] as const;

/** A schema and all that it wraps, outermost first: what is said of an inner one holds for `.optional()` of it too. */
export function* schemaLayers(schema: unknown): Iterable<z.ZodType> {
  for (let layer = schema; layer instanceof z.ZodType; ) {
    yield layer;
    const wrapper = wrappers.find((kind) => layer instanceof kind);
    layer = wrapper && (layer as InstanceType<typeof wrapper>).unwrap();
  }
}
