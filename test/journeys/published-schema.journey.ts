import { type ApiView, challengeBody, systemChallenges, typeIn } from '@gatehouse/contracts';
import { wireShapes } from '@gatehouse/stages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';

let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [blueprint(userEntry('alice'), flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]))],
    services: ['identification', 'password'],
  });
});
afterAll(() => deployment.close());

const fetchSchema = (accept?: string, query = '') =>
  deployment.browser().fetch(`/api/v3/schema/${query}`, accept === undefined ? {} : { headers: { accept } });

describe('GET /api/v3/schema/', () => {
  it('returns the same schema as JSON and as YAML to an anonymous client', async () => {
    const [json, yaml] = [await fetchSchema('application/json'), await fetchSchema('application/yaml')];

    expect(json.body).toMatchObject({ openapi: '3.0.3', servers: [{ url: '/api/v3/' }] });
    expect(parse(yaml.text)).toEqual(json.body);
  });

  it.each([
    ['application/json', '', 'application/json; charset=utf-8'],
    ['application/json, text/plain, */*', '', 'application/json; charset=utf-8'],
    ['application/vnd.oai.openapi+json', '', 'application/vnd.oai.openapi+json; charset=utf-8'],
    ['application/yaml;q=0.5, application/json;q=0.4', '', 'application/yaml; charset=utf-8'],
    ['*/*', '', 'application/vnd.oai.openapi; charset=utf-8'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', '', 'application/vnd.oai.openapi; charset=utf-8'],
    ['application/json;q=0', '', 'application/vnd.oai.openapi; charset=utf-8'],
    ['nonsense;;;,', '', 'application/vnd.oai.openapi; charset=utf-8'],
    ['*/*', '?format=json', 'application/json; charset=utf-8'],
    ['application/json', '?format=yaml', 'application/vnd.oai.openapi; charset=utf-8'],
    ['application/json', '?format=xml', 'application/json; charset=utf-8'],
  ])('for Accept: %s and the query %j returns %s', async (accept, query, type) => {
    const { status, headers } = await fetchSchema(accept, query);

    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe(type);
  });

  it('sends the common headers and Vary', async () => {
    const { headers } = await fetchSchema();

    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-authentik-id')).toMatch(/^[0-9a-f]{32}$/);
    expect(headers.get('vary')).toBe('Accept, Cookie');
  });

  it('returns 405 for another method', async () => {
    const answer = await deployment.browser().fetch('/api/v3/schema/', { method: 'POST' });

    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(answer.headers.get('allow')).toBe('GET');
  });
});

/** Validates a response body against the schema of a view. Returns the error, or `undefined` when it is valid. */
function validationError(body: Readonly<Record<string, unknown>>, view: ApiView = '2024.8') {
  const shape = [...wireShapes, ...systemChallenges].find(({ component }) => component === body['component']);
  return shape
    ? z.strictObject(typeIn(view, challengeBody(shape)).shape).safeParse(body).error
    : `unknown: ${String(body['component'])}`;
}

describe('the responses of the executor', () => {
  it('in a login match the published schema in every field', async () => {
    const browser = deployment.browser();
    const answers = [
      await browser.show('login'),
      await browser.solve('login', {}),
      await browser.solve('login', { uid_field: 'alice' }),
      await browser.solve('login', { password: 'wrong' }),
      // The response is a 503, because the deployment does not serve the user login stage.
      await browser.solve('login', { password: 'correct-horse-7' }),
    ];

    expect(answers.map(({ body }) => body['component'])).toEqual([
      'ak-stage-identification',
      'ak-stage-identification',
      'ak-stage-password',
      'ak-stage-password',
      'ak-stage-flow-error',
    ]);
    expect(answers.map(({ body }) => validationError(body))).toEqual(answers.map(() => undefined));
  });
});

describe('a client that asks for all fields', () => {
  const fieldsOf = (body: unknown) => Object.keys(body as object);

  it('gets fields that other clients do not get, and the schema that describes them', async () => {
    const [plain, complete] = [deployment.browser(), deployment.browser().complete()];
    const { body: published } = await plain.show('login');
    const { body } = await complete.show('login');

    expect(fieldsOf(published)).not.toContain('enable_remember_me');
    expect(fieldsOf(body)).toContain('enable_remember_me');
    expect(validationError(body, 'complete')).toBeUndefined();
    const schema = async (query: string) =>
      (await fetchSchema('application/json', query)).body['components'] as Record<string, Record<string, Field>>;
    type Field = Readonly<Record<string, { readonly properties: object }>>;
    const described = async (query: string) =>
      fieldsOf((await schema(query))['schemas']?.['IdentificationChallenge']?.['properties']);
    expect(await described('')).not.toContain('enable_remember_me');
    expect(await described('?fields=complete')).toContain('enable_remember_me');
  });

  it('gets only the published fields with another value of the header', async () => {
    const headers = { 'x-gatehouse-fields': 'all' };
    const { body } = await deployment.browser().fetch('/api/v3/flows/executor/login/?query=', { headers });
    expect(fieldsOf(body)).not.toContain('enable_remember_me');
  });
});

describe('GET /schemas/blueprint.json', () => {
  it('returns the JSON Schema of blueprints without a login, and 304 for its ETag', async () => {
    const address = '/schemas/blueprint.json';
    const schema = await deployment.browser().fetch(address);
    expect(schema).toMatchObject({ status: 200, body: { title: 'Gatehouse blueprint' } });
    // This model is new in 2026.8. The gateway of `newer-forms.journey.ts` serves it.
    expect(schema.text).not.toContain('authentik_stages_redirect.redirectstage');
    const etag = schema.headers.get('etag') ?? '';
    const head = await deployment.browser().fetch(address, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, text: '' });
    for (const name of ['etag', 'content-type', 'content-length', 'cache-control'])
      expect(head.headers.get(name)).toBe(schema.headers.get(name));
    const headers = { 'if-none-match': etag };
    expect(await deployment.browser().fetch(address, { headers })).toMatchObject({ status: 304, text: '' });
    expect((await deployment.browser().fetch(address, { headers: { 'if-none-match': '"old"' } })).status).toBe(200);
  });
});
