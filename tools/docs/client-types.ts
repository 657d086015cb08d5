import { challengeTypes, flowChallengeResponse } from '../../apps/gateway/src/flows/executor.dto.js';
import { type Schema, SchemaWriter } from '../../apps/gateway/src/http/openapi/schema-writer.js';
import type { Document } from './markdown.js';

/** The parts of a published schema that a TypeScript type depends on. */
interface Node {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly allOf?: readonly [Node];
  readonly oneOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node;
  readonly description?: string;
  readonly discriminator?: { readonly mapping: Readonly<Record<string, string>> };
}

/** Named types that the client declares itself, because they depend on the response to a challenge. */
const OWN_TYPES = new Set(['ErrorDetail', 'ChallengeTypes', 'FlowChallengeResponseRequest']);

const { components, challenges, responses } = writeSchemas();
const challengeOf = invert(challenges);
const responseOf = invert(responses);

/** The module of `@gatehouse/client` with the types of all challenges and responses, derived from the contracts. */
export const documents: readonly Document[] = [
  { path: 'packages/client/src/challenges.ts', text: [header(), ...namedTypes(), ...maps()].join('\n\n').concat('\n') },
];

function writeSchemas() {
  const writer = new SchemaWriter('complete');
  const mappingOf = (schema: Schema) => {
    const root = schema as Node;
    const { discriminator } = root.$ref ? (writer.components[nameIn(root.$ref)] as Node) : root;
    return Object.entries(discriminator?.mapping ?? {}).map(([component, ref]) => [component, nameIn(ref)] as const);
  };
  const challenges = mappingOf(writer.write(challengeTypes));
  const responses = mappingOf(writer.write(flowChallengeResponse));
  return { components: writer.components as Readonly<Record<string, Node>>, challenges, responses };
}

function header(): string {
  return [
    '// Generated from the contracts by `npm run docs`. Do not edit.',
    "import type { FieldErrors } from './field-errors.js';",
  ].join('\n');
}

function namedTypes(): string[] {
  const names = Object.keys(components).filter((name) => !OWN_TYPES.has(name));
  return names.sort().map((name) => {
    const schema = components[name] as Node;
    const comment = schema.description === undefined ? '' : `/** ${schema.description} */\n`;
    return schema.properties
      ? `${comment}export interface ${typeName(name)} ${interfaceBody(name, schema)}`
      : `${comment}export type ${typeName(name)} = ${typeOf(schema)};`;
  });
}

function interfaceBody(name: string, { properties = {}, required = [], additionalProperties }: Node): string {
  const component = challengeOf.get(name) ?? responseOf.get(name);
  const lines = Object.entries(properties).flatMap(([field, schema]) => {
    if (field === 'component' && component !== undefined) return [];
    const optional = required.includes(field) ? '' : '?';
    const type = field === 'response_errors' ? `FieldErrors<${errorFieldsOf(name)}>` : typeOf(schema);
    // The API also accepts a number as text, because text keeps the leading zeros of a code.
    const accepted = responseOf.has(name) && type === 'number' ? 'number | string' : type;
    return [...commentOf(schema), `  readonly ${field}${optional}: ${accepted};`];
  });
  if (component !== undefined) lines.unshift(`  readonly component: '${component}';`);
  if (additionalProperties) lines.push(`  readonly [field: string]: ${typeOf(additionalProperties)};`);
  return `{\n${lines.join('\n')}\n}`;
}

function commentOf({ description }: Node): string[] {
  return description === undefined ? [] : [`  /** ${description} */`];
}

/** Returns the type whose fields can have errors: the response to the challenge of this name. */
function errorFieldsOf(challenge: string): string {
  const response = responses.find(([component]) => component === challengeOf.get(challenge));
  return response ? typeName(response[1]) : 'object';
}

/** Returns the two interfaces that map a component to its challenge and to the response. */
function maps(): string[] {
  const map = (name: string, comment: string, entries: typeof challenges) =>
    `/** ${comment} */\nexport interface ${name} {\n${entries.map(([key, type]) => `  readonly '${key}': ${typeName(type)};`).join('\n')}\n}`;
  return [
    map('Challenges', 'All challenges of the built-in stages and of the executor, by component.', challenges),
    map('Responses', 'All responses, by the component of the challenge.', responses),
  ];
}

function typeOf(schema: Node): string {
  const type = plainTypeOf(schema);
  return schema.nullable && type !== 'unknown' ? `${type} | null` : type;
}

function plainTypeOf({ $ref, enum: choices, allOf, oneOf, type, ...schema }: Node): string {
  if ($ref !== undefined) return typeName(nameIn($ref));
  if (choices) return choices.map((choice) => (choice === null ? 'null' : `'${String(choice)}'`)).join(' | ');
  if (allOf) return typeOf(allOf[0]);
  if (oneOf) return oneOf.map(typeOf).join(' | ');
  if (type === 'array') return `readonly ${elementType(typeOf(schema.items ?? {}))}[]`;
  if (type === 'object') return objectType(schema);
  if (type === 'integer') return 'number';
  return type ?? 'unknown';
}

function elementType(type: string): string {
  return type.includes(' ') ? `(${type})` : type;
}

function objectType({ properties, required = [], additionalProperties }: Node): string {
  if (!properties) return `Readonly<Record<string, ${typeOf(additionalProperties ?? {})}>>`;
  const fields = Object.entries(properties).map(
    ([field, schema]) => `readonly ${field}${required.includes(field) ? '' : '?'}: ${typeOf(schema)}`,
  );
  return `{ ${fields.join('; ')} }`;
}

/** Returns the name of a type: that of the published schema, without the suffix of request bodies. */
function typeName(name: string): string {
  return name.replace(/ResponseRequest$/, 'Response');
}

function nameIn(ref: string): string {
  return ref.replace(/^.*\//, '');
}

function invert(entries: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  return new Map(entries.map(([component, name]) => [name, component]));
}
