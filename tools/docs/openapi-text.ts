import { GatewayModule } from '../../apps/gateway/src/gateway.module.js';
import { code, table } from './markdown.js';

/** The parts of a published schema that the pages show. */
export interface Node {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly allOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node;
  readonly description?: string;
  readonly default?: unknown;
}

/** One operation of a path. */
export interface Operation {
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security: readonly object[];
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly required?: boolean;
    readonly schema: Node;
    readonly description?: string;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Node }>> };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema?: Node }>> }
    >
  >;
}

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Node>> };
}

/** The published schema of each line, and the one with all fields. */
export const apiDocuments = {
  complete: GatewayModule.document('complete') as unknown as ApiDocument,
  newer: GatewayModule.document('2026.8') as unknown as ApiDocument,
  older: GatewayModule.document('2024.8') as unknown as ApiDocument,
};

const schemas = apiDocuments.complete.components.schemas;

/** Returns the name of a component, `undefined` for a schema that has none. */
export const nameIn = ({ $ref }: Node): string | undefined => $ref?.replace(/^.*\//, '');

/** Returns the type of a value in a few words. `link` returns the text for the name of a component. */
export function typeText(schema: Node, link: (name: string) => string = code): string {
  const type = plainTypeText(schema, link);
  return schema.nullable ? `${type} or null` : type;
}

function plainTypeText(schema: Node, link: (name: string) => string): string {
  const { allOf, oneOf, type = 'any', items, format, additionalProperties } = schema;
  const text = (inner: Node) => typeText(inner, link);
  const name = nameIn(schema);
  if (name !== undefined) return enumOf(schemas[name]) ?? link(name);
  if (allOf?.[0]) return text(allOf[0]);
  if (oneOf) return oneOf.map(text).join(' or ');
  if (schema.enum) return enumOf(schema)!;
  if (type === 'array') return `list of ${text(items ?? {})}`;
  if (type === 'object') return additionalProperties?.type ? `map of ${text(additionalProperties)}` : 'object';
  return format === undefined ? type : `${type} (${format})`;
}

const enumOf = (schema: Node | undefined): string | undefined =>
  schema?.enum?.map((value) => code(JSON.stringify(value))).join(', ');

/** Returns whether a component only lists the values of an enumeration, which are shown where it is used. */
export const isEnumeration = (name: string): boolean => schemas[name]?.enum !== undefined;

/** Returns the table of the fields of a component, with the lines that have them. `except` leaves fields out. */
export function fieldTable(
  name: string,
  { except = [], link }: { except?: readonly string[]; link?: (name: string) => string } = {},
): string {
  const fieldsIn = (document: ApiDocument) => document.components.schemas[name]?.properties ?? {};
  const { complete, newer, older } = {
    complete: fieldsIn(apiDocuments.complete),
    newer: fieldsIn(apiDocuments.newer),
    older: fieldsIn(apiDocuments.older),
  };
  const required = new Set(schemas[name]?.required);
  const rows = Object.entries({ ...older, ...complete })
    .filter(([field]) => !except.includes(field))
    .map(([field, schema]) => [
      ...[code(field), typeText(schema, link), required.has(field) ? 'always' : ''],
      ...[
        lineOf({ complete: field in complete, newer: field in newer, older: field in older }),
        prose(schema.description),
      ],
    ]);
  return rows.length === 0 ? 'No fields.' : table(['field', 'type', 'present', 'line', 'meaning'], rows);
}

/** Returns the API line that has an operation or a field. Empty if both lines have it. */
export function lineOf(present: Readonly<Record<'complete' | 'newer' | 'older', boolean>>): string {
  if (present.older) return present.newer ? '' : '2024.8 only';
  return present.newer ? '2026.8' : 'own';
}

/** Returns a description as the text of a cell. A code host would take `<name>` for HTML. */
export const prose = (text = ''): string => text.replaceAll('<', '\\<');
