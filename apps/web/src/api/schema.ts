/** The parts of an OpenAPI 3.0.3 schema that the page shows. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly discriminator?: { readonly mapping?: Readonly<Record<string, string>> };
}

/** Schemas by name. */
export type Schemas = Readonly<Record<string, Schema>>;

/** Bodies by media type. */
export type Content = Readonly<Record<string, { readonly schema: Schema }>>;

/** A path or query parameter. */
export interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

/** An operation of a path. */
export interface Operation {
  readonly operationId: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
  readonly security?: readonly object[];
}

type Server = readonly { readonly url: string }[];
type PathItem = { readonly servers?: Server } & Readonly<Record<string, Operation>>;

/** The OpenAPI document without its named schemas. */
export interface ApiOutline {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: Server;
  readonly paths: Readonly<Record<string, PathItem>>;
}

/** An operation with its method and path. */
export interface Endpoint {
  readonly method: string;
  /** Absolute path, including the base path of the server. */
  readonly path: string;
  readonly operation: Operation;
}

/** Returns all operations by tag, sorted by tag. */
export function endpointsByTag({ paths, servers }: ApiOutline): (readonly [tag: string, readonly Endpoint[]])[] {
  const byTag = new Map<string, Endpoint[]>();
  for (const [path, { servers: own = servers, ...operations }] of Object.entries(paths)) {
    const base = own[0]?.url.replace(/\/$/, '') ?? '';
    for (const [method, operation] of Object.entries(operations as Record<string, Operation>)) {
      const [tag = ''] = operation.tags;
      byTag.set(tag, [...(byTag.get(tag) ?? []), { method, path: base + path, operation }]);
    }
  }
  return [...byTag].sort(([a], [b]) => a.localeCompare(b));
}

/** Returns the schema name of a `$ref`. */
export const nameOf = ($ref: string): string => $ref.slice($ref.lastIndexOf('/') + 1);

/** Formats a type in one line. */
export function typeOf(schema: Schema): string {
  const { type, format, items, enum: values, additionalProperties, nullable } = schema;
  const alternatives = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  const plain = schema.$ref
    ? nameOf(schema.$ref)
    : values
      ? values.map((value) => JSON.stringify(value)).join(' | ')
      : items
        ? `${typeOf(items)}[]`
        : alternatives && alternatives.length <= 3
          ? alternatives.map(typeOf).join(schema.allOf ? ' & ' : ' | ')
          : typeof additionalProperties === 'object' && !schema.properties
            ? `{ [name]: ${typeOf(additionalProperties)} }`
            : (type ?? 'any');
  return `${plain}${format ? ` (${format})` : ''}${nullable ? ' | null' : ''}`;
}

/** Returns the schema names that a schema refers to directly. */
export const namesIn = (schema: Schema): string[] => [
  ...(schema.$ref ? [nameOf(schema.$ref)] : []),
  ...[schema.oneOf, schema.anyOf, schema.allOf].flatMap((parts = []) => parts.flatMap(namesIn)),
  ...(schema.items ? namesIn(schema.items) : []),
  ...(typeof schema.additionalProperties === 'object' ? namesIn(schema.additionalProperties) : []),
];
