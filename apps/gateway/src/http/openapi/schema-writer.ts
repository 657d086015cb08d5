import { isDeepStrictEqual } from 'node:util';
import { type ApiView, isIn, OWN_COMPONENTS, typeIn } from '@gatehouse/contracts';
import { z } from 'zod';

type Definition = z.core.$ZodTypes['_zod']['def'];

/** A schema of OpenAPI 3.0.3. */
export type Schema = Readonly<Record<string, unknown>>;

/** Writes zod types as schemas. A type with an `id` becomes a component, and other schemas refer to it. */
export class SchemaWriter {
  /** The components of all types written so far, by name. */
  readonly components: Record<string, Schema> = {};
  /** The schema of each type written so far. Many endpoints have the same types, such as those of errors. */
  private readonly written = new Map<z.ZodType, Schema>();

  /** `view` selects the fields and components that the schemas describe. */
  constructor(private readonly view: ApiView) {}

  write(type: z.ZodType): Schema {
    const shown = typeIn(this.view, type);
    const schema = this.written.get(shown) ?? this.derive(shown);
    this.written.set(shown, schema);
    return schema;
  }

  private derive(type: z.ZodType): Schema {
    const { definitions, ...schema } = z.toJSONSchema(type, {
      target: 'openapi-3.0',
      io: 'input',
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => this.amend(zodSchema._zod.def, jsonSchema),
    });
    for (const [name, definition] of Object.entries(withComponentRefs(definitions ?? {}))) this.add(name, definition);
    return withComponentRefs(schema);
  }

  /** Adds a component. Throws if another type has the same name, because one of them would replace the other. */
  private add(name: string, component: Schema) {
    if (!isDeepStrictEqual(this.components[name] ?? component, component))
      throw new Error(`Two different types of the API have the name ${name}. Give one of them another id.`);
    this.components[name] = component;
  }

  /** Amends the schema that zod derives from a type. The metadata of the type takes precedence. */
  private amend(type: Definition, schema: Record<string, unknown>) {
    const { wire, by_component: members } = schema;
    delete schema['wire'];
    delete schema['by_component'];
    if (wire instanceof z.ZodType) replace(schema, this.write(wire));
    else if (wire) Object.assign(schema, wire);
    if (members) replace(schema, this.union(members as Readonly<Record<string, z.ZodType>>));
    // `nullable` has an effect only in a schema with a `type` (OpenAPI 3.0.3, §4.7.24).
    if (type.type === 'nullable' && type.innerType instanceof z.ZodObject) schema['type'] = 'object';
    if (type.type === 'default') schema['default'] = type.defaultValue;
    if (schema['format'] === 'uuid') delete schema['pattern'];
    if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
    if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  }

  private union(members: Readonly<Record<string, z.ZodType>>): Schema {
    const shown = Object.entries(members).filter(
      ([component, type]) => isIn(this.view, type) && isShown(this.view, component),
    );
    const schemas = shown.map(([component, type]) => [component, this.write(type)] as const);
    const mapping = Object.fromEntries(schemas.map(([component, { $ref }]) => [component, $ref]));
    return { oneOf: schemas.map(([, schema]) => schema), discriminator: { propertyName: 'component', mapping } };
  }
}

/** Whether a view has a component: published schemas omit those of Gatehouse's own stages. */
const isShown = (view: ApiView, component: string) => view === 'complete' || !component.startsWith(OWN_COMPONENTS);

function replace(schema: Record<string, unknown>, replacement: Schema) {
  for (const key of Object.keys(schema)) if (key !== 'id' && key !== 'description') delete schema[key];
  Object.assign(schema, replacement);
}

/** Rewrites zod's references to named types as OpenAPI components, and unwraps an `allOf` of one reference. */
function withComponentRefs<T extends object>(schemas: T): T {
  const text = JSON.stringify(schemas).replaceAll('"#/definitions/', '"#/components/schemas/');
  return JSON.parse(text.replace(/\{"allOf":\[(\{"\$ref":"[^"]+"\})\]\}/g, '$1')) as T;
}
