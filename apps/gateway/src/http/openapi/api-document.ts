import { type ApiView, isIn } from '@gatehouse/contracts';
import type { Type } from '@nestjs/common';
import type { z } from 'zod';
import {
  type DocumentedEndpoint,
  documentedEndpoints,
  type EndpointOptions,
  genericError,
  validationError,
} from './api-endpoint.decorator.js';
import { type Schema, SchemaWriter } from './schema-writer.js';

/**
 * The authentik release whose API a view describes. `complete` adds the extensions of Gatehouse to the newest release.
 */
const RELEASES: Readonly<Record<ApiView, string>> = {
  '2024.8': '2024.8.2',
  '2026.8': '2026.8.3',
  complete: '2026.8.3',
};

/** Base path of the API. Endpoints outside of it override `servers` in the schema. */
const API = '/api/v3/';
const ROOT = [{ url: '/' }];

/** Returns the OpenAPI 3.0.3 document of the endpoints of controllers, with the fields of a view. */
export function apiDocument(controllers: readonly Type[], view: ApiView): Schema {
  const writer = new SchemaWriter(view);
  const release = RELEASES[view];
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of documentedEndpoints(controllers)) {
    if (endpoint.operation.since && view === '2024.8') continue;
    const isInApi = endpoint.path.startsWith(API);
    const path = isInApi ? endpoint.path.slice(API.length - 1) : endpoint.path;
    const item = (paths[path] ??= isInApi ? {} : { servers: ROOT });
    item[endpoint.method] = operationObject(endpoint, view, writer);
  }
  return {
    openapi: '3.0.3',
    info: {
      title: 'Gatehouse',
      version: release,
      description: `Login flows. Compatible with the flow executor API of authentik ${release}.`,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: API }],
    paths: sorted(paths),
    components: {
      schemas: sorted(writer.components),
      securitySchemes: { authentik: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function operationObject({ path, operation }: DocumentedEndpoint, view: ApiView, writer: SchemaWriter): Schema {
  const { id, description, tag, anonymous, query = {}, body, consumes, answers, produces } = operation;
  const parameters = [...pathParameters(path), ...queryParameters(query, view, writer)];
  return {
    operationId: id,
    description,
    ...(parameters.length > 0 ? { parameters } : {}),
    tags: [tag],
    ...(body && isIn(view, body) ? { requestBody: requestBody(body, consumes, writer) } : {}),
    security: [{ authentik: [] }, ...(anonymous ? [{}] : [])],
    responses: responsesOf({ answers, ...(produces ? { produces } : {}) }, writer),
  };
}

/** Returns the body of a request. The body is required if one of its fields is required. */
function requestBody(body: z.ZodType, consumes: string | undefined, writer: SchemaWriter): Schema {
  const schema = writer.write(body);
  const { required } = writer.components[String(schema['$ref']).split('/').at(-1)!] ?? schema;
  return {
    content: contentOf(schema, consumes === undefined ? undefined : [consumes]),
    ...(required === undefined ? {} : { required: true }),
  };
}

const pathParameters = (path: string) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    in: 'path',
    name,
    schema: { type: 'string' },
    required: true,
  }));

const queryParameters = (query: NonNullable<EndpointOptions['query']>, view: ApiView, writer: SchemaWriter) =>
  Object.entries(query)
    .filter(([, type]) => isIn(view, type))
    .map(([name, type]) => {
      const { description, ...schema } = writer.write(type);
      return {
        in: 'query',
        name,
        schema,
        ...(description ? { description } : {}),
        ...(type.isOptional() ? {} : { required: true }),
      };
    });

/** Returns the responses of an endpoint, with the refusals 400 and 403 that every endpoint has. */
function responsesOf({ answers, produces }: Pick<EndpointOptions, 'answers' | 'produces'>, writer: SchemaWriter) {
  const allAnswers = { ...answers, 400: validationError, 403: genericError };
  return Object.fromEntries(
    Object.entries(allAnswers).map(([status, type]) => {
      const media = Number(status) < 400 ? produces : undefined;
      const content = type ? { content: contentOf(writer.write(type as z.ZodType), media) } : {};
      return [status, { description: DESCRIPTIONS[status] ?? 'Success.', ...content }];
    }),
  );
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  400: 'The request is invalid.',
  403: 'The request is not allowed.',
  404: 'The object does not exist, or the caller may not see it.',
  409: 'Another change was made at the same time, or the state of the flow forbids this change.',
  503: 'The service is temporarily unavailable. Retry later.',
};

const contentOf = (schema: Schema, media: readonly string[] = ['application/json']) =>
  Object.fromEntries(media.map((type) => [type, { schema }]));

const sorted = <T>(record: Readonly<Record<string, T>>) =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
