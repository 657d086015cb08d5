import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { faultsOf } from '../support/access.js';
import { blueprint, flowEntries, IDENTIFICATION, keyOf, LOGIN, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { EXAMPLE_STAGES, isMissing, missingNote } from '../support/example-stages.js';
import { type RunningProcess, startProcess } from '../support/processes.js';
import { refuseTerms } from '../support/terms-page.js';

const loginOf = (user: string) => ({
  ...{ type: 'login', user, backend: 'x', duration_s: null, terminate_other_sessions: false },
  bindings: { network: 'no_binding', geoip: 'no_binding' },
});

let deployment: Deployment;

beforeAll(async () => {
  const services = ['identification', 'password', 'session', 'policy'] as const;
  deployment = await Deployment.open({ services, blueprints: [blueprint(userEntry('alice'))] });
});
afterAll(() => deployment.close());

const UNAVAILABLE = { status: 503, body: { component: 'ak-stage-flow-error' } };
const object = { type: 'object' };
const me = (browser: ReturnType<Deployment['browser']>) => browser.fetch('/api/v3/core/users/me/');

/** Returns the attempt counters of an external stage that have failures. */
const countersOf = (kind: string) =>
  deployment.rows(
    `SELECT split_part(credential, ':', 1) AS counter, failures FROM flow.attempts
     WHERE credential LIKE '${kind}%' AND failures > 0 ORDER BY 1`,
  );

describe.skipIf(isMissing('Python'))(`the stage in Python${missingNote('Python')}`, () => {
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

  async function reachTerms() {
    const browser = deployment.browser();
    const answer = await browser.solve('login-with-terms', { uid_field: 'alice', password: 'correct-horse-7' });
    return { browser, answer };
  }

  it('runs within a login: shows its challenge and its errors, keeps its state between requests, and passes', async () => {
    const { browser, answer } = await reachTerms();
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

  it('has no page of its own, so clients get the form that it describes, in the language of the visitor', async () => {
    const { browser, answer } = await reachTerms();
    expect(answer.body['gatehouse_form']).toMatchObject({
      shows: [{ name: 'text' }, { name: 'tries_left', label: 'Attempts left:' }],
      fields: [{ name: 'accept', type: 'checkbox', label: 'I accept these terms' }],
    });
    const page = await browser.fetch('/if/flow/login-with-terms/', { headers: { 'accept-language': 'de' } });
    expect(page.text).toMatch(/<title>Nutzungsbedingungen - .*Ich nehme diese Bedingungen an/s);
  });

  describeInChromium('in a browser', () => {
    const chromium = useChromium();
    it.each([true, false])(
      'is drawn, shows its error at the field, can be left, and logs alice in (JavaScript: %s)',
      async (javaScriptEnabled) => {
        const { page, complaints } = await chromium.open({ javaScriptEnabled });
        const accept = await refuseTerms(page, deployment.url);
        expect(await accept.getAttribute('aria-describedby')).toBe('accept-error');
        expect(javaScriptEnabled ? await faultsOf(page) : []).toEqual([]);
        await accept.focus();
        await page.keyboard.press('Space');
        await page.keyboard.press('Enter');
        await page.getByText('You are signed in as alice.').waitFor();
        expect(complaints).toEqual([]);
      },
    );
  });

  it('ignores a response for another component', async () => {
    const { browser } = await reachTerms();
    const misdirected = await browser.solve('login-with-terms', { component: 'ak-stage-password', accept: true });
    expect(misdirected.body).toMatchObject({ component: 'x-example-terms' });
    expect(misdirected.body).not.toHaveProperty('response_errors');
  });

  it('denies the flow with its own message', async () => {
    const { browser } = await reachTerms();
    for (const _ of [1, 2]) await browser.solve('login-with-terms', { accept: false });
    expect((await browser.solve('login-with-terms', { accept: false })).body).toMatchObject({
      ...{ component: 'ak-stage-access-denied', error_message: 'The terms were not accepted.' },
    });
    expect(await countersOf('x_example_terms')).toEqual([]);
  });

  it('returns 503 while its process is down, and the login continues when it is back', async () => {
    const { browser } = await reachTerms();
    expect(await terms.stop()).toBe(0);
    const logged = deployment.says('gateway', /flow_answered.*"stage":"x_example_terms","problem":"stage_away"/);
    expect(await browser.solve('login-with-terms', { accept: true })).toMatchObject(UNAVAILABLE);
    await logged.then(() => expect(deployment.output('gateway')).toMatch(/stage_unserved.*x_example_terms/));
    await expect(deployment.apply(readFileSync(`${EXAMPLE}/blueprint.yaml`, 'utf8'))).rejects.toThrow(
      'kind: No service answers for x_example_terms on stage.x_example_terms.describe',
    );
    terms = await start();
    expect((await browser.solve('login-with-terms', { accept: true })).body).toMatchObject({ to: '/' });
  });

  it('shares requests with a second instance, and every login continues when one of them stops', async () => {
    const other = await start();
    const visitors: Awaited<ReturnType<typeof reachTerms>>[] = [];
    while (visitors.length < 8) visitors.push(await reachTerms());
    const answers = visitors.map(({ browser }) => browser.solve('login-with-terms', { accept: true }));
    expect(await other.stop()).toBe(0);
    for (const { body } of await Promise.all(answers)) expect(body).toMatchObject({ to: '/' });
  });

  it('reconnects by itself when the bus is back', async () => {
    const { browser } = await reachTerms();
    await deployment.stopBus();
    const reconnected = terms.says(/serving/);
    await deployment.startBus();
    await reconnected;
    expect((await browser.solve('login-with-terms', { accept: true })).body).toMatchObject({ to: '/' });
  });
});

describe.skipIf(isMissing('Go'))(`the stage in Go${missingNote('Go')}`, () => {
  const FLOW = 'login-with-code';
  let folder: string;
  let code: RunningProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-go-stage-'));
    const { program, entry } = await EXAMPLE_STAGES.Go.prepare(folder);
    code = await startProcess(entry, { NATS_URL: deployment.nats.url }, { program, ready: /serving/ });
    await deployment.apply(readFileSync('examples/go-stage/blueprint.yaml', 'utf8'));
  });
  afterAll(() => Promise.all([code?.stop(), rm(folder, { recursive: true })]));

  it('counts wrong codes only, answers a delayed right code like a wrong one, and logs the user in', async () => {
    const browser = deployment.browser();
    await browser.solve(FLOW, { uid_field: 'alice', password: 'correct-horse-7' });
    expect((await browser.fetch(`/if/flow/${FLOW}/`)).text).toMatch(/You find it in your invitation[^]*Access code/);
    await browser.solve(FLOW, {});
    expect(await countersOf('x_example_code')).toEqual([]);
    const { body: refused } = await browser.solve(FLOW, { code: 'wrong' });
    expect(refused).toMatchObject({ response_errors: { code: [{ string: 'This access code is not known.' }] } });
    expect(await countersOf('x_example_code')).toContainEqual(expect.objectContaining({ failures: 1 }));
    await deployment.rows("UPDATE flow.attempts SET free_at = now() + interval '1 h' WHERE credential LIKE 'x_%'");
    const { body: delayed } = await browser.solve(FLOW, { code: 'let-me-in' });
    expect(delayed['response_errors']).toEqual(refused['response_errors']);
    await deployment.rows('UPDATE flow.attempts SET free_at = now()');
    expect((await browser.solve(FLOW, { code: 'let-me-in' })).body).toMatchObject({ to: '/' });
    expect((await me(browser)).body).toMatchObject({ user: { username: 'alice' } });
    expect(await countersOf('x_example_code')).toEqual([]);
  });
});

describe('a compromised external stage', () => {
  const KIND = 'x_rogue_stage';
  const contract = {
    ...{ v: 1, kind: KIND, component: 'x-rogue-stage', config: object, state: object, effects: ['event'] },
    challenge: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
    response: { type: 'object', properties: { puk: { type: 'string', 'x-secret': true }, floor: { type: 'integer' } } },
    ...{ reads: { pending_user: 'required' }, writes: ['deny_message'] },
  };
  const harmlessChallenge = { type: 'challenge', challenge: { word: 'harmless' } };
  const flow = () => deployment.apply(blueprint(flowEntries('rogue', [IDENTIFICATION, { stage: KIND }, LOGIN])));
  let rogue: NatsConnection;
  let descriptor: unknown = contract;
  let reply: unknown = harmlessChallenge;
  let received: Record<string, unknown> = {};

  const serve = (verb: string, answer: (message: Record<string, unknown>) => unknown) =>
    rogue.subscribe(`stage.${KIND}.${verb}`, {
      queue: KIND,
      callback: (_, message) => void message.respond(JSON.stringify(answer(message.json()))),
    });

  beforeAll(async () => {
    rogue = await connect({ servers: deployment.nats.url });
    serve('describe', () => descriptor);
    for (const verb of ['challenge', 'respond'])
      serve(verb, (message) => {
        received = message;
        return reply;
      });
    await rogue.flush();
    await flow();
  });
  beforeEach(() => {
    reply = harmlessChallenge;
    descriptor = contract;
  });
  afterAll(() => rogue?.close());

  async function reachRogue() {
    const browser = deployment.browser();
    const answer = await browser.solve('rogue', { uid_field: 'alice' });
    return { browser, answer };
  }

  it.each<[string, unknown]>([
    [
      'cannot write a fact that its contract does not list',
      { type: 'passed', context: { redirect: 'https://evil.example' } },
    ],
    ['cannot log a user in', { type: 'passed', effects: [loginOf('41c05c63-2f0e-4b3b-9d38-5e3c1a2b4c5d')] }],
    ['cannot add a step', { type: 'passed', insert: { where: 'next', steps: [{ kind: 'user_login', config: {} }] } }],
    ['cannot show a challenge of another shape', { type: 'challenge', challenge: { word: 7 } }],
    ['cannot use a message code that its contract does not list', { type: 'denied', message: { code: 'invented' } }],
  ])('%s', async (_what, violation) => {
    const { browser } = await reachRogue();
    reply = violation;
    expect(await browser.solve('rogue', {})).toMatchObject({ status: 200, body: { component: 'ak-stage-flow-error' } });
    reply = harmlessChallenge;
    expect((await browser.show('rogue')).body).toMatchObject({ component: 'x-rogue-stage', word: 'harmless' });
    expect((await me(browser)).status).toBe(403);
  });

  it('cannot add fields outside its contract to the challenge', async () => {
    reply = { type: 'challenge', challenge: { word: 'x', to: 'https://evil.example', component: 'xak-flow-redirect' } };
    const { answer } = await reachRogue();
    expect(answer.body).toMatchObject({ component: 'x-rogue-stage', word: 'x' });
    expect(answer.body).not.toHaveProperty('to');
  });

  it('receives only the data that its contract lists, with the types that it lists', async () => {
    const { browser } = await reachRogue();
    await browser.solve('rogue', { puk: '0815', floor: '-3', password: 'correct-horse-7' });
    expect(received).toMatchObject({ response: { puk: '0815', floor: -3 }, client: { cookies: {} } });
    expect(received['response']).not.toHaveProperty('password');
    expect(Object.keys(received['context'] as object)).toEqual(['pending_user']);
  });

  it('has its rejections counted although it declares no attempts, until it passes an answer', async () => {
    const { browser } = await reachRogue();
    reply = { type: 'rejected', errors: {}, challenge: { word: 'again' } };
    await browser.solve('rogue', { puk: '0815' });
    await browser.solve('rogue', { other: '0815' });
    expect(await countersOf(KIND)).toEqual([
      { counter: KIND, failures: 1 },
      { counter: `${KIND} network`, failures: 1 },
    ]);
    reply = { type: 'passed' };
    expect((await browser.solve('rogue', { puk: '0816' })).body).toMatchObject({ to: '/' });
    expect(await countersOf(KIND)).toEqual([]);
  });

  it('has secret fields, which are refused in a query like those of built-in stages', async () => {
    const { browser } = await reachRogue();
    expect(await browser.show('rogue', 'puk=0815')).toMatchObject({
      status: 400,
      body: { code: 'credentials_in_query' },
    });
  });

  it('cannot extend its contract later unless TRUSTED_STAGES lists its kind', async () => {
    descriptor = { ...contract, effects: ['event', 'login'] };
    await expect(flow()).rejects.toThrow('it has the effect login (list the kind in TRUSTED_STAGES to allow it)');
    expect((await reachRogue()).answer.body).toMatchObject({ component: 'x-rogue-stage' });
  });
});

describe('two external stages that share a fact', () => {
  const schema = { type: 'object', properties: { score: { type: 'integer' } }, required: ['score'] };
  const descriptors: Readonly<Record<string, object>> = {
    x_acme_scorer: { component: null, facts: { x_acme_risk: { schema, writes: true } } },
    x_other_gate: { component: 'x-other-gate', facts: { x_acme_risk: { schema, reads: 'required' } } },
  };
  const POLICY = {
    model: 'authentik_policies_expression.expressionpolicy',
    ...{ id: 'risky', identifiers: { name: 'risky' } },
    attrs: { expression: 'return context["flow_plan"].context["x_acme_risk"]["score"] >= 30' },
  };
  let risk: unknown;
  let bus: NatsConnection;

  beforeAll(async () => {
    bus = await connect({ servers: deployment.nats.url });
    const serve = (subject: string, answer: (message: Record<string, unknown>) => unknown) =>
      bus.subscribe(`stage.${subject}`, {
        callback: (_, message) => void message.respond(JSON.stringify(answer(message.json()))),
      });
    for (const [kind, more] of Object.entries(descriptors))
      serve(`${kind}.describe`, () => ({
        ...{ v: 1, kind, config: object, response: object, state: object, ...more },
        challenge: { type: 'object', properties: { score: { type: 'integer' } } },
      }));
    serve('x_acme_scorer.challenge', () => ({ type: 'passed', context: { x_acme_risk: risk } }));
    serve('x_other_gate.challenge', ({ context }) => ({
      ...{ type: 'challenge', challenge: (context as Record<string, unknown>)['x_acme_risk'] },
    }));
    await bus.flush();
    const steps = [{ stage: 'x_acme_scorer' }, { stage: 'x_other_gate' }, LOGIN];
    const condition = { target: keyOf('scored-2 bound'), policy: keyOf('risky'), order: 0 };
    const policyBinding = { model: 'authentik_policies.policybinding', identifiers: condition };
    await deployment.apply(blueprint(flowEntries('scored', [IDENTIFICATION, ...steps]), POLICY, policyBinding));
  });
  afterAll(() => bus?.close());

  const logIn = async (score: unknown) => {
    risk = score;
    return (await deployment.browser().solve('scored', { uid_field: 'alice' })).body;
  };

  it('pass the fact to each other and to the policies of the flow', async () => {
    expect(await logIn({ score: 40 })).toMatchObject({ component: 'x-other-gate', score: 40 });
    expect(await logIn({ score: 10 })).toMatchObject({ component: 'xak-flow-redirect' });
  });

  it('get no value that violates the schema of the fact', async () => {
    expect(await logIn('high')).toMatchObject({ component: 'ak-stage-flow-error' });
  });
});
