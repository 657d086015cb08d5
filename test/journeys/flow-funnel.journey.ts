import { cloudEvent } from '@gatehouse/contracts';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

const FUNNEL = '/api/v3/flows/instances/login/funnel/';

let deployment: Deployment;
let otherGateway: string;
let root: Browser;
beforeAll(async () => {
  deployment = await Deployment.open({
    services: ['identification', 'password', 'session', 'courier'],
    gateway: { JOURNEY_EVENTS: 'true' },
    blueprints: [
      blueprint(
        ...[userEntry('root'), userEntry('alice'), administratorsEntry('root')],
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
      ),
    ],
  });
  otherGateway = await deployment.openAnotherGateway();
  root = await login('root', ['correct-horse-7']);
}, 120_000);
afterAll(() => deployment?.close());

async function login(username: string, passwords: readonly string[], browser = deployment.browser()): Promise<Browser> {
  await browser.solve('login', { uid_field: username });
  for (const password of passwords) await browser.solve('login', { password });
  return browser;
}

describe('the funnel of a flow', () => {
  it('adds up the plans of two gateways, and has the same figures at both and in the command', async () => {
    await login('alice', ['wrong-horse-1', 'correct-horse-7'], new Browser(otherGateway));
    const { status, body } = await root.fetch(`${FUNNEL}?since=1d&version=1`);
    expect(status).toBe(200);
    expect((await root.at(otherGateway).fetch(`${FUNNEL}?since=1d&version=1`)).body['versions']).toEqual(
      body['versions'],
    );
    expect(body).toMatchObject({
      slug: 'login',
      versions: [
        {
          ...{ version: 1, begun: 2, counted: 0, done: 2, logged_in: 2, denied: 0, abandoned: 0, expired: 0 },
          steps: [
            { kind: 'identification', reached: 2, passed: 2, rejected: 0, abandoned: 0 },
            { kind: 'password', reached: 2, passed: 2, rejected: 1, abandoned: 0 },
            { kind: 'user_login', reached: 2, passed: 2, rejected: 0, abandoned: 0 },
          ],
        },
      ],
    });
    const text = await deployment.command('flow', 'funnel', 'login');
    expect(text).toContain('version 1: 2 begun, 2 done (2 logged in), 0 denied, 0 abandoned, 0 expired');
    expect(text).toMatch(/password\S* +2 +2 +1 +0 +0 +\d+\.\d s/);
    const json = JSON.parse(await deployment.command('flow', 'funnel', 'login', '--json')) as {
      versions: { begun: number }[];
    };
    expect(json.versions.map(({ begun }) => begun)).toEqual([2]);
  });

  it('counts plans that are also published as events, without a user or an address', async () => {
    const listener = await connect({ servers: deployment.nats.url });
    try {
      const received = listener.subscribe('events.flow_ended');
      await listener.flush();
      await login('alice', ['wrong-horse-1', 'wrong-horse-2', 'correct-horse-7']);
      for await (const message of received) {
        const { data } = cloudEvent.parse(message.json());
        // The courier may publish events of earlier logins only now. Those logins had fewer steps.
        if ((data.context as { steps: unknown[] }).steps.length < 5) continue;
        expect(data).toMatchObject({ ...{ flow: 'login', user: null, plan: null, client_ip: '' } });
        const outcomes = ['passed', 'rejected', 'rejected', 'passed', 'passed'];
        const steps = outcomes.map((outcome) => ({ outcome }));
        expect(data.context).toMatchObject({ outcome: 'done', logged_in: true, steps });
        expect(message.string()).not.toMatch(/alice|127\.0\.0\.1/);
        break;
      }
    } finally {
      await listener.close();
    }
  });

  it('is returned to superusers only', async () => {
    const alice = await login('alice', ['correct-horse-7']);
    expect((await alice.fetch(FUNNEL)).status).toBe(403);
    expect((await deployment.browser().fetch(FUNNEL)).status).toBe(403);
  });

  it.each([
    ['since=soon', 'since'],
    ['since=9999d', 'since'],
    ['since=1d&since=2d', 'since'],
    ['version=0', 'version'],
    ['version=99', 'version'],
  ])('returns 400 for the query %s, naming the parameter', async (query, parameter) => {
    const { status, body } = await root.fetch(`${FUNNEL}?${query}`);
    expect([status, Object.keys(body)]).toEqual([400, [parameter]]);
  });

  it('returns 404 for an unknown flow', async () => {
    expect((await root.fetch('/api/v3/flows/instances/none/funnel/')).status).toBe(404);
  });
});
