import { z } from 'zod';

type Definition = z.core.$ZodTypes['_zod']['def'];

/** A schema as OpenAPI 3.0.3 has it. */
export type Schema = Readonly<Record<string, unknown>>;

/** Writes zod types as schemas. A type that has an `id` becomes a component, and everybody else points to it. */
export class SchemaWriter {
  /** The components so far, by name. */
  readonly components: Record<string, Schema> = {};

  write(type: z.ZodType): Schema {
    const { definitions, ...schema } = z.toJSONSchema(type, {
      target: 'openapi-3.0',
      io: 'input',
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => this.amend(zodSchema._zod.def, jsonSchema),
    });
    Object.assign(this.components, withComponentRefs(definitions ?? {}));
    return withComponentRefs(schema);
  }

  /** What our own types say of themselves comes before what zod makes of them. */
  private amend(type: Definition, schema: Record<string, unknown>) {
    const { wire, by_component: members } = schema;
    delete schema['wire'];
    delete schema['by_component'];
    if (wire instanceof z.ZodType) Object.assign(schema, this.write(wire));
    else if (wire) Object.assign(schema, wire);
    if (members) replace(schema, this.union(members as Readonly<Record<string, z.ZodType>>));
    removeUnpublished(schema['properties']);
    // Only what says its type can be null besides (OpenAPI 3.0.3, §4.7.24).
    if (type.type === 'nullable' && type.innerType instanceof z.ZodObject) schema['type'] = 'object';
    if (type.type === 'default') schema['default'] = type.defaultValue;
    if (schema['format'] === 'uuid') delete schema['pattern'];
    if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
    if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  }

  private union(members: Readonly<Record<string, z.ZodType>>): Schema {
    const written = Object.entries(members).map(([component, type]) => [component, this.write(type)] as const);
    const mapping = Object.fromEntries(written.map(([component, { $ref }]) => [component, $ref]));
    return { oneOf: written.map(([, schema]) => schema), discriminator: { propertyName: 'component', mapping } };
  }
}

/** Fields that clients of the API were not made with, and that only the house itself sends or reads. */
function removeUnpublished(properties: unknown) {
  const all = (properties ?? {}) as Record<string, { readonly unpublished?: boolean }>;
  for (const [name, { unpublished }] of Object.entries(all)) if (unpublished) delete all[name];
}

function replace(schema: Record<string, unknown>, by: Schema) {
  for (const key of Object.keys(schema)) if (key !== 'id' && key !== 'description') delete schema[key];
  Object.assign(schema, by);
}

/** Where zod puts named types, and where OpenAPI keeps them. A reference with nothing beside it stands alone. */
function withComponentRefs<T extends object>(schemas: T): T {
  const text = JSON.stringify(schemas).replaceAll('"#/definitions/', '"#/components/schemas/');
  return JSON.parse(text.replace(/\{"allOf":\[(\{"\$ref":"[^"]+"\})\]\}/g, '$1')) as T;
}
