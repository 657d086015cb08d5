import { readFileSync } from 'node:fs';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { type RunningProcess, startProcess } from '../support/processes.js';
import { describeWithPython } from '../support/python.js';

const loginOf = (user: string) => ({
  ...{ type: 'login', user, backend: 'x', duration_s: null, terminate_other_sessions: false },
  bindings: { network: 'no_binding', geoip: 'no_binding' },
});

let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({ blueprints: [blueprint(userEntry('alice'))] });
});
afterAll(() => deployment.close());

const AWAY = { status: 503, body: { component: 'ak-stage-flow-error' } };
const me = (browser: ReturnType<Deployment['browser']>) => browser.fetch('/api/v3/core/users/me/');

describeWithPython('the stage in Python', () => {
  const EXAMPLE = 'examples/python-stage';
  let terms: RunningProcess;
  const start = () =>
    startProcess(
      `${EXAMPLE}/terms_of_use.py`,
      { NATS_URL: deployment.nats.url },
      { program: 'python3', ready: /serving/ },
    );

  beforeAll(async () => {
    terms = await start();
    await deployment.apply(readFileSync(`${EXAMPLE}/blueprint.yaml`, 'utf8'));
  });
  afterAll(() => terms?.stop());

  async function atTheTerms() {
    const browser = deployment.browser();
    const answer = await browser.solve('login-with-terms', { uid_field: 'alice', password: 'correct-horse-7' });
    return { browser, answer };
  }

  it('takes its place in a login: it asks, refuses in its own words, remembers, and lets the flow go on', async () => {
    const { browser, answer } = await atTheTerms();
    expect(answer.body).toMatchObject({
      ...{ component: 'x-example-terms', text: 'Be kind to each other.', name: 'alice', tries_left: 3 },
      flow_info: { title: 'Welcome' },
    });

    const refused = await browser.solve('login-with-terms', { component: 'x-example-terms', accept: false });
    expect(refused.body).toMatchObject({
      tries_left: 2,
      response_errors: {
        accept: [{ string: 'You can only go on if you accept the terms.', code: 'not_accepted' }],
      },
    });
    expect((await browser.show('login-with-terms')).body).toMatchObject({ tries_left: 2 });
    expect((await browser.solve('login-with-terms', { accept: [] })).body).toMatchObject({
      tries_left: 2,
      response_errors: { accept: [{ string: 'Must be a valid boolean.', code: 'invalid' }] },
    });
    expect((await me(browser)).status).toBe(403);

    const accepted = await browser.solve('login-with-terms', { component: 'x-example-terms', accept: true });
    expect(accepted.body).toMatchObject({ component: 'xak-flow-redirect', to: '/' });
    expect((await me(browser)).body).toMatchObject({ user: { username: 'alice' } });
  });

  it('is not answered by what is meant for another stage', async () => {
    const { browser } = await atTheTerms();
    const late = await browser.solve('login-with-terms', { component: 'ak-stage-password', accept: true });
    expect(late.body).toMatchObject({ component: 'x-example-terms' });
    expect(late.body).not.toHaveProperty('response_errors');
  });

  it('ends the flow in its own words', async () => {
    const { browser } = await atTheTerms();
    for (const _ of [1, 2]) await browser.solve('login-with-terms', { accept: false });
    expect((await browser.solve('login-with-terms', { accept: false })).body).toMatchObject({
      ...{ component: 'ak-stage-access-denied', error_message: 'The terms were not accepted.' },
    });
  });

  it('costs a clear 503 while it is away, and nobody the login: it goes on where it was', async () => {
    const { browser } = await atTheTerms();
    expect(await terms.stop()).toBe(0);
    expect(await browser.solve('login-with-terms', { accept: true })).toMatchObject(AWAY);
    await expect(deployment.apply(readFileSync(`${EXAMPLE}/blueprint.yaml`, 'utf8'))).rejects.toThrow(
      'kind: No service answers for x_example_terms on stage.x_example_terms.describe',
    );
    terms = await start();

    expect((await browser.solve('login-with-terms', { accept: true })).body).toMatchObject({ to: '/' });
  });

  it('shares the work with a copy of itself, and loses no login when one of them leaves', async () => {
    const other = await start();
    const visitors: Awaited<ReturnType<typeof atTheTerms>>[] = [];
    while (visitors.length < 8) visitors.push(await atTheTerms());
    const answers = visitors.map(({ browser }) => browser.solve('login-with-terms', { accept: true }));
    expect(await other.stop()).toBe(0);
    for (const { body } of await Promise.all(answers)) expect(body).toMatchObject({ to: '/' });
  });

  it('comes back by itself when the bus does', async () => {
    const { browser } = await atTheTerms();
    await deployment.stopBus();
    const back = terms.says(/serving/);
    await deployment.startBus();
    await back;
    expect((await browser.solve('login-with-terms', { accept: true })).body).toMatchObject({ to: '/' });
  });
});

describe('a stranger that was taken over', () => {
  const KIND = 'x_rogue_stage';
  const object = { type: 'object' };
  const modest = {
    ...{ v: 1, kind: KIND, component: 'x-rogue-stage', config: object, state: object, effects: ['event'] },
    challenge: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
    response: { type: 'object', properties: { puk: { type: 'string', 'x-secret': true } } },
    ...{ reads: { pending_user: 'required' }, writes: ['deny_message'] },
  };
  const asks = { type: 'challenge', challenge: { word: 'harmless' } };
  const flow = () => deployment.apply(blueprint(flowEntries('rogue', [IDENTIFICATION, { stage: KIND }, LOGIN])));
  let rogue: NatsConnection;
  let described: unknown = modest;
  let reply: unknown = asks;
  let heard: Record<string, unknown> = {};

  const serve = (verb: string, answer: (asked: Record<string, unknown>) => unknown) =>
    rogue.subscribe(`stage.${KIND}.${verb}`, {
      queue: KIND,
      callback: (_, message) => void message.respond(JSON.stringify(answer(message.json()))),
    });

  beforeAll(async () => {
    rogue = await connect({ servers: deployment.nats.url });
    serve('describe', () => described);
    for (const verb of ['challenge', 'respond'])
      serve(verb, (asked) => {
        heard = asked;
        return reply;
      });
    await rogue.flush();
    await flow();
  });
  beforeEach(() => {
    reply = asks;
    described = modest;
  });
  afterAll(() => rogue?.close());

  async function atTheRogue() {
    const browser = deployment.browser();
    const answer = await browser.solve('rogue', { uid_field: 'alice' });
    return { browser, answer };
  }

  it.each<[string, unknown]>([
    ['writes no fact that it did not list', { type: 'passed', context: { redirect: 'https://evil.example' } }],
    ['logs nobody in', { type: 'passed', effects: [loginOf('41c05c63-2f0e-4b3b-9d38-5e3c1a2b4c5d')] }],
    ['adds no step', { type: 'passed', insert: { where: 'next', steps: [{ kind: 'user_login', config: {} }] } }],
    ['shows no challenge of another shape', { type: 'challenge', challenge: { word: 7 } }],
    ['says nothing that has no sentence', { type: 'denied', message: { code: 'invented' } }],
  ])('%s', async (_what, given) => {
    const { browser } = await atTheRogue();
    reply = given;
    expect(await browser.solve('rogue', {})).toMatchObject({ status: 200, body: { component: 'ak-stage-flow-error' } });
    reply = asks;
    expect((await browser.show('rogue')).body).toMatchObject({ component: 'x-rogue-stage', word: 'harmless' });
    expect((await me(browser)).status).toBe(403);
  });

  it('cannot smuggle a field past its contract', async () => {
    reply = { type: 'challenge', challenge: { word: 'x', to: 'https://evil.example', component: 'xak-flow-redirect' } };
    const { answer } = await atTheRogue();
    expect(answer.body).toMatchObject({ component: 'x-rogue-stage', word: 'x' });
    expect(answer.body).not.toHaveProperty('to');
  });

  it('hears only what its contract names', async () => {
    const { browser } = await atTheRogue();
    await browser.solve('rogue', { puk: '0815', password: 'correct-horse-7' });
    expect(heard).toMatchObject({ response: { puk: '0815' }, client: { cookies: {} } });
    expect(heard['response']).not.toHaveProperty('password');
    expect(Object.keys(heard['context'] as object)).toEqual(['pending_user']);
  });

  it('has its secrets refused in an address, like those of the house', async () => {
    const { browser } = await atTheRogue();
    expect(await browser.show('rogue', 'puk=0815')).toMatchObject({
      status: 400,
      body: { code: 'credentials_in_query' },
    });
  });

  it('cannot claim more afterwards, unless the operator trusts it', async () => {
    described = { ...modest, effects: ['event', 'login'] };
    await expect(flow()).rejects.toThrow('it has the effect login (list the kind in TRUSTED_STAGES to allow it)');
    expect((await atTheRogue()).answer.body).toMatchObject({ component: 'x-rogue-stage' });
  });
});
