import { readFileSync } from 'node:fs';
import { metricFamilies } from '@gatehouse/platform';
import { GatewayModule } from '../../apps/gateway/src/gateway.module.js';
// Registers all metrics.
import '../docs/metrics.js';

/** Messages on the bus that other programs send and read. */
const MESSAGES = ['stage-request', 'stage-reply', 'stage-descriptor', 'audit-events'];

/** Names of the preview parts in docs/reference/support.md. */
const PREVIEW = new Set([
  ...['DEVICE_BOUND_SESSIONS', 'BOUND_COOKIE_S'],
  ...['error device_proof_required', 'error device_proof_invalid', 'error device_refresh_skipped'],
]);

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly name: string }[];
}

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties?: object }>> };
}

interface Schema {
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
}

/**
 * Returns the names of each stable surface, sorted. Reads the generated pages, which `docs:check` compares with the code.
 */
export function stableNames(): Record<string, string[]> {
  const api = GatewayModule.document('complete') as unknown as ApiDocument;
  const surfaces = {
    http: [...namesOfApi(api), ...rowsOf('errors').map(({ name }) => `error ${name}`)],
    bus: MESSAGES.flatMap((message) => namesOfMessage(message)),
    blueprints: rowsOf('models').map(({ heading, name }) => `${heading}.${name}`),
    settings: rowsOf('config').map(({ name }) => name),
    metrics: metricFamilies.flatMap(({ name, labels }) => [
      name,
      ...Object.keys(labels).map((label) => `${name}{${label}}`),
    ]),
  };
  return Object.fromEntries(
    Object.entries(surfaces).map(([surface, names]) => [
      surface,
      [...new Set(names)].filter((name) => !PREVIEW.has(name)).sort(),
    ]),
  );
}

/** Returns the operations of an OpenAPI document, their parameters, and the fields of all components. */
function namesOfApi({ paths, components }: ApiDocument): string[] {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { operationId, parameters = [] }]) => {
      if (operationId === undefined) return [];
      const named = parameters.map(({ name }) => `${operationId}(${name})`);
      return [`${method.toUpperCase()} ${path} ${operationId}`, ...named];
    }),
  );
  const fields = Object.entries(components.schemas).flatMap(([name, { properties = {} }]) =>
    Object.keys(properties).map((field) => `${name}.${field}`),
  );
  return [...operations, ...fields];
}

/** Returns the members of a message and the values of its enumerations. */
function namesOfMessage(message: string): string[] {
  const text = readFileSync(`docs/reference/protocol/${message}.schema.json`, 'utf8');
  const { $defs = {}, ...schema } = JSON.parse(text) as Schema;
  const ofDefinitions = Object.entries($defs).flatMap(([id, definition]) => {
    const names = namesOfSchema(definition, `${message}#${id}`);
    // The data of all events has the same members except `context`. So the schema of `other` actions lists the members
    // for all.
    const isEvent = message === 'audit-events' && id !== 'other' && definition.properties?.['context'];
    return isEvent ? names.filter((name) => name.startsWith(`${message}#${id}.context`)) : names;
  });
  return [...namesOfSchema(schema, message), ...ofDefinitions];
}

function namesOfSchema({ properties = {}, items, anyOf = [], oneOf = [], ...schema }: Schema, path: string): string[] {
  const values = [schema.const, ...(schema.enum ?? [])].filter((value) => typeof value === 'string');
  return [
    ...values.map((value) => `${path}=${value}`),
    ...Object.entries(properties).flatMap(([key, value]) => [
      ...[`${path}.${key}`],
      ...namesOfSchema(value, `${path}.${key}`),
    ]),
    ...[...(items ? [items] : []), ...anyOf, ...oneOf].flatMap((part) => namesOfSchema(part, path)),
  ];
}

/** Returns the names in the first column of the tables of a generated page, each with the heading above it. */
function rowsOf(page: string): { heading: string; name: string }[] {
  let heading = '';
  return readFileSync(`docs/reference/${page}.md`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      heading = /^## (.+)/.exec(line)?.[1] ?? heading;
      const name = /^\| `([\w.]+)` \|/.exec(line)?.[1];
      return name === undefined ? [] : [{ heading, name }];
    });
}
