/** A schema as OpenAPI 3.0.3 has it, as far as it is shown. */
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

/** A value in an address. */
export interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

/** What can be done at an address. */
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

/** The published schema without the schemas that it names. */
export interface ApiOutline {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: Server;
  readonly paths: Readonly<Record<string, PathItem>>;
}

/** An operation where it is. */
export interface Endpoint {
  readonly method: string;
  /** From the root of the site. */
  readonly path: string;
  readonly operation: Operation;
}

/** All operations by their tag, both in the order of the alphabet. */
export function endpointsByTag({ paths, servers }: ApiOutline): (readonly [tag: string, readonly Endpoint[]])[] {
  const found = new Map<string, Endpoint[]>();
  for (const [path, { servers: own = servers, ...operations }] of Object.entries(paths)) {
    const base = own[0]?.url.replace(/\/$/, '') ?? '';
    for (const [method, operation] of Object.entries(operations as Record<string, Operation>)) {
      const [tag = ''] = operation.tags;
      found.set(tag, [...(found.get(tag) ?? []), { method, path: base + path, operation }]);
    }
  }
  return [...found].sort(([a], [b]) => a.localeCompare(b));
}

/** The name of what a reference points to. */
export const nameOf = ($ref: string): string => $ref.slice($ref.lastIndexOf('/') + 1);

/** A type in one line. */
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

/** Every name that a schema mentions itself, without what stands behind it. */
export const namesIn = (schema: Schema): string[] => [
  ...(schema.$ref ? [nameOf(schema.$ref)] : []),
  ...[schema.oneOf, schema.anyOf, schema.allOf].flatMap((parts = []) => parts.flatMap(namesIn)),
  ...(schema.items ? namesIn(schema.items) : []),
  ...(typeof schema.additionalProperties === 'object' ? namesIn(schema.additionalProperties) : []),
];
