import { code, type Document, page, table } from './markdown.js';
import {
  apiDocuments,
  fieldTable,
  isEnumeration,
  lineOf,
  type Node,
  nameIn,
  type Operation,
  prose,
  typeText,
} from './openapi-text.js';

const { complete, newer, older } = apiDocuments;
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Titles of the groups of operations, in their order. */
const TITLES: Readonly<Record<string, string>> = {
  flows: 'Flows',
  core: 'Users, sessions, consents and brands',
  authenticators: 'Devices of the current user',
  root: 'Settings for clients',
  schema: 'Schema',
  sources: 'Sources',
  stages: 'Stages',
  health: 'Health',
};

interface Endpoint extends Operation {
  readonly method: string;
  readonly path: string;
}

const endpoints: readonly Endpoint[] = Object.entries(complete.paths).flatMap(([path, operations]) =>
  METHODS.flatMap((method) => (operations[method] ? [{ ...operations[method], method, path }] : [])),
);

/** Components that the page on stages describes. */
const isOnStagesPage = (name: string) =>
  /Challenge(?:ResponseRequest)?$/.test(name) ||
  ['ChallengeTypes', 'FlowChallengeResponseRequest', 'LoginChallengeTypes'].includes(name);

const link = (name: string): string =>
  isOnStagesPage(name) ? `[${name}](stages.md)` : `[${name}](#${name.toLowerCase()})`;

/** Returns the components that schemas use, directly or not, without those of the page on stages. */
function componentsOf(roots: readonly Node[]): readonly string[] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const name = nameIn(value as Node);
    if (name !== undefined && !found.has(name) && !isOnStagesPage(name)) {
      found.add(name);
      visit(complete.components.schemas[name]);
    }
    for (const member of Object.values(value)) visit(member);
  };
  for (const root of roots) visit(root);
  return [...found].filter((name) => !isEnumeration(name)).sort();
}

const bodyOf = ({ content }: { readonly content?: Readonly<Record<string, { readonly schema?: Node }>> }) =>
  Object.values(content ?? {})[0]?.schema;

const operationIn = (document: typeof complete, { path, method }: Endpoint) =>
  document.paths[path]?.[method] !== undefined;

const lineOfEndpoint = (endpoint: Endpoint): string =>
  lineOf({ complete: true, newer: operationIn(newer, endpoint), older: operationIn(older, endpoint) });

/** Returns who may send a request. An operation without the empty requirement needs a login or a token. */
const callerOf = ({ security }: Endpoint): string =>
  security.some((requirement) => Object.keys(requirement).length === 0) ? 'anyone' : 'a logged-in user';

function section(endpoint: Endpoint): string[] {
  const { method, path, description, parameters = [], requestBody, responses } = endpoint;
  const body = requestBody && bodyOf(requestBody);
  const line = lineOfEndpoint(endpoint);
  const rows = [
    ...parameters.map(({ in: place, name, schema, required, description: meaning }) => [
      ...[code(name), place, typeText(schema, link), required ? 'required' : '', prose(meaning)],
    ]),
    ...(body ? [['', 'body', typeText(body, link), '', Object.keys(requestBody!.content).map(code).join(', ')]] : []),
  ];
  const answers = Object.entries(responses).map(([status, response]) => {
    const schema = bodyOf(response);
    return status.startsWith('2') && schema ? `${status} with ${typeText(schema, link)}` : status;
  });
  return [
    `### ${method.toUpperCase()} ${path}`,
    `${prose(description)} For ${callerOf(endpoint)}.${line === '' ? '' : ` Line: ${line}.`}`,
    ...(rows.length > 0 ? [table(['parameter', 'in', 'type', '', 'meaning'], rows)] : []),
    `Answers: ${answers.join(', ')}.`,
  ];
}

const groups = [...new Set([...Object.keys(TITLES), ...endpoints.map(({ tags }) => tags[0]!)])].map(
  (tag) => [tag, endpoints.filter(({ tags }) => tags[0] === tag)] as const,
);
const components = componentsOf(
  endpoints.flatMap(({ requestBody, responses, parameters = [] }) => [
    ...[requestBody, ...Object.values(responses)].flatMap((holder) => (holder && bodyOf(holder)) ?? []),
    ...parameters.map(({ schema }) => schema),
  ]),
);

/** The page of the HTTP API. */
export const documents: readonly Document[] = [
  page('docs/reference/http-api.md', [
    '# HTTP API',
    'Every operation, as `GET /api/v3/schema/` publishes it in OpenAPI. Paths begin with `/api/v3`, those of health with ' +
      'nothing. The gateway speaks one [line of authentik](../spec/api-versions.md): `2026.8` in a table marks what ' +
      'only that line has, `own` what only Gatehouse has, with `x-gatehouse-fields: complete`. [HTTP](../spec/http.md) says which ' +
      'requests are accepted, [errors](errors.md) lists the problems, and [stages](stages.md) the challenges of a flow.',
    table(
      ['status', 'body', 'meaning'],
      [
        ['400', link('ValidationError'), 'The request is invalid.'],
        ['403', link('GenericError'), 'The request is not allowed, or needs a login.'],
        ['404', link('GenericError'), 'The object does not exist, or the caller may not see it.'],
        ['409', link('GenericError'), 'The state of the flow forbids the change, or another change came first.'],
        ['503', link('GenericError'), 'The service is temporarily unavailable. Retry later.'],
      ],
    ),
    ...groups.flatMap(([tag, list]) => [`## ${TITLES[tag] ?? tag}`, ...list.flatMap(section)]),
    '## Bodies',
    'A field that is `always` present in a response must be present in a request, too.',
    ...components.flatMap((name) => [
      `### ${name}`,
      ...(complete.components.schemas[name]?.description
        ? [prose(complete.components.schemas[name]!.description)]
        : []),
      fieldTable(name, { link }),
    ]),
  ]),
];
