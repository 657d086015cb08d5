import { challengeBody, systemChallenges } from '@gatehouse/contracts';
import { wireShapes } from '@gatehouse/stages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';

let house: Deployment;

beforeAll(async () => {
  house = await Deployment.open({
    blueprints: [blueprint(userEntry('alice'), flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]))],
    services: ['identification', 'password'],
  });
});
afterAll(() => house.close());

const ask = (accept?: string, query = '') =>
  house.browser().fetch(`/api/v3/schema/${query}`, accept === undefined ? {} : { headers: { accept } });

describe('GET /api/v3/schema/', () => {
  it('tells a stranger the same in JSON and in YAML', async () => {
    const [json, yaml] = [await ask('application/json'), await ask('application/yaml')];

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
  ])('for Accept: %s and %j sends %s', async (accept, query, type) => {
    const { status, headers } = await ask(accept, query);

    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe(type);
  });

  it('has the headers that every answer has, and tells caches what it depends on', async () => {
    const { headers } = await ask();

    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-authentik-id')).toMatch(/^[0-9a-f]{32}$/);
    expect(headers.get('vary')).toBe('Accept, Cookie');
  });

  it('takes no other method', async () => {
    const answer = await house.browser().fetch('/api/v3/schema/', { method: 'POST' });

    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(answer.headers.get('allow')).toBe('GET');
  });
});

/** What the published schema has against an answer; undefined when it has nothing. */
function objections(body: Readonly<Record<string, unknown>>) {
  const shape = [...wireShapes, ...systemChallenges].find(({ component }) => component === body['component']);
  return shape
    ? z.strictObject(challengeBody(shape).shape).safeParse(body).error
    : `unknown: ${String(body['component'])}`;
}

describe('what the executor answers', () => {
  it('is what the published schema promises, to the last field, whatever the answer is', async () => {
    const browser = house.browser();
    const answers = [
      await browser.show('login'),
      await browser.solve('login', {}),
      await browser.solve('login', { uid_field: 'alice' }),
      await browser.solve('login', { password: 'wrong' }),
      // The stage that would log in is not served here.
      await browser.solve('login', { password: 'correct-horse-7' }),
    ];

    expect(answers.map(({ body }) => body['component'])).toEqual([
      'ak-stage-identification',
      'ak-stage-identification',
      'ak-stage-password',
      'ak-stage-password',
      'ak-stage-flow-error',
    ]);
    expect(answers.map(({ body }) => objections(body))).toEqual(answers.map(() => undefined));
  });
});
