import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GatewayModule } from '../../gateway.module.js';

type Json = Readonly<Record<string, unknown>>;

const document = GatewayModule.document('2024.8') as Json & {
  components: { schemas: Record<string, Json>; securitySchemes: unknown };
};
const paths = document['paths'] as Record<string, Record<string, Json>>;
const seed = JSON.parse(readFileSync('test/seed/flows_executor_solve.json', 'utf8')) as Json;
const solve = paths['/flows/executor/{flow_slug}/']!['post']!;

const REFERENCE = '#/components/schemas/';

/**
 * Replaces each reference by its schema, with the name as title. Leaves out descriptions, which differ from those of
 * authentik.
 */
function resolved(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith(REFERENCE)) {
    const title = value.slice(REFERENCE.length);
    return { ...(resolved(document.components.schemas[title]) as Json), title };
  }
  if (Array.isArray(value)) return value.map(resolved);
  if (value === null || typeof value !== 'object') return value;
  if ('$ref' in value) return resolved(value.$ref);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (key === 'description' ? [] : [[key, resolved(part)]])),
  );
}

const inOrder = (names: readonly string[]) => names.toSorted((a, b) => (a < b ? -1 : 1));

/** Sorts those arrays whose order has no meaning in OpenAPI. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === 'required' && Array.isArray(part) ? inOrder(part as string[]) : ordered(part),
    ]),
  );
}

const plain = (value: unknown) => ordered(resolved(value));

interface Described {
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

const namesIn = (mapping: object) => inOrder(Object.keys(mapping));

/** Returns the schemas of a union without their properties, which another test compares. */
const listed = (members: unknown) =>
  (members as Partial<Described>[])
    .map((member) => Object.fromEntries(Object.entries(member).filter(([key]) => key !== 'properties')))
    .toSorted((a, b) => (String(a['title']) < String(b['title']) ? -1 : 1));

interface Union {
  readonly oneOf: unknown;
  readonly discriminator: { readonly propertyName: string; readonly mapping: Readonly<Record<string, unknown>> };
}

const contentOf = (part: unknown) => (plain(part) as { content: { 'application/json': { schema: unknown } } }).content;
const unionIn = (part: unknown) => contentOf(part)['application/json'].schema as Union;
const responsesOf = (operation: Json) => operation['responses'] as Readonly<Record<string, unknown>>;

const unions = [
  { what: 'answer', ours: unionIn(solve['requestBody']), seeds: unionIn(seed['requestBody']), count: 19 },
  { what: 'challenge', ours: unionIn(responsesOf(solve)['200']), seeds: unionIn(responsesOf(seed)['200']), count: 23 },
];

describe('the published schema of flows_executor_solve', () => {
  it.each(['operationId', 'parameters', 'tags', 'security'])('has the same %s as authentik’s API', (part) => {
    expect(plain(solve[part])).toEqual(plain(seed[part]));
  });

  it('has the same path and base URL as authentik’s API', () => {
    expect(Object.keys(paths)).toContain(seed['path']);
    expect(document['servers']).toEqual(seed['servers']);
    expect(document.components.securitySchemes).toEqual(seed['securitySchemes']);
  });

  it('has the same statuses, media type and error bodies as authentik’s API', () => {
    expect(Object.keys(responsesOf(solve))).toEqual(Object.keys(responsesOf(seed)));
    for (const status of ['400', '403'])
      expect(contentOf(responsesOf(solve)[status])).toEqual(contentOf(responsesOf(seed)[status]));
    expect(Object.keys(contentOf(responsesOf(solve)['200']))).toEqual(['application/json']);
  });

  describe.each(unions)('every $what', ({ ours, seeds, count }) => {
    it('is discriminated by component, and lists the same components as authentik’s API', () => {
      expect(namesIn(ours.discriminator.mapping)).toHaveLength(count);
      expect(namesIn(ours.discriminator.mapping)).toEqual(namesIn(seeds.discriminator.mapping));
      expect(ours.discriminator.propertyName).toBe(seeds.discriminator.propertyName);
      expect(listed(ours.oneOf)).toEqual(listed(seeds.oneOf));
      expect({ ...ours, oneOf: 0, discriminator: 0 }).toEqual({ ...seeds, oneOf: 0, discriminator: 0 });
    });

    it.each(Object.keys(seeds.discriminator.mapping))(
      '%s has the same fields, types and defaults as in authentik’s API',
      (component) => {
        const { required = [], properties, ...rest } = ours.discriminator.mapping[component] as Described;
        const described = { ...rest, properties, ...(required.length > 0 ? { required } : {}) };
        expect(described).toEqual(seeds.discriminator.mapping[component]);
      },
    );
  });
});

describe('the published schema', () => {
  it('has unique operation ids', () => {
    const names = Object.values(paths).flatMap((item) =>
      Object.values(item).flatMap(({ operationId }) => operationId ?? []),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('flows_executor_get');
  });

  it('describes every refusal as JSON, even for an endpoint with another media type', () => {
    const refusals = Object.entries(paths).flatMap(([path, item]) =>
      Object.values(item).flatMap((operation) =>
        Object.entries((operation['responses'] ?? {}) as Record<string, { content?: object }>)
          .filter(([status]) => Number(status) >= 400)
          .map(([status, { content = {} }]) => [path, status, Object.keys(content)]),
      ),
    );
    expect(refusals).toContainEqual(['/flows/instances/{slug}/export/', '404', ['application/json']]);
    expect(refusals.filter(([, , media]) => String(media) !== 'application/json')).toEqual([]);
  });

  it('contains every schema to which it refers', () => {
    const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
    const missing = [...references].filter(([, name]) => !(name! in document.components.schemas));
    expect(missing).toEqual([]);
  });
});
