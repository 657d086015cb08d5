import { randomUUID } from 'node:crypto';
import type { FlowVersion, PolicySet } from '@gatehouse/plan';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { policyBindingOf } from '../../libs/executor/testing/fake-policy-client.js';
import {
  blueprint,
  conditionEntry,
  DUMMY,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

let house: Deployment;

const people = [userEntry('alice'), userEntry('bob'), userEntry('carol')];
const groups = [
  groupEntry('company', { users: ['carol'] }),
  groupEntry('staff', { parent: 'company', users: ['alice'] }),
];
const denied = (error_message = 'Flow does not apply to current user.') => ({
  status: 200,
  body: { component: 'ak-stage-access-denied', error_message },
});
const page = { status: 200, body: { component: 'ak-stage-dummy' } };

beforeAll(async () => {
  house = await Deployment.open({
    blueprints: [
      blueprint(
        ...[people, groups],
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('staff-only', [DUMMY]),
        conditionEntry('staff-only', 'group company'),
        flowEntries('not-bob', [DUMMY], { denied_action: 'continue' }),
        conditionEntry('not-bob', 'user bob', { negate: true }),
        flowEntries('rounds', [IDENTIFICATION, DUMMY, PASSWORD, LOGIN]),
        conditionEntry(['rounds', 1], 'group company'),
        flowEntries('planned', [{ ...DUMMY, binding: { evaluate_on_plan: true, re_evaluate_policies: false } }]),
        conditionEntry(['planned', 0], 'user alice'),
        flowEntries('weather', [DUMMY, DUMMY]),
      ),
    ],
  });
});
afterAll(() => house.close());

async function loggedIn(username: string): Promise<Browser> {
  const browser = house.browser();
  await browser.solve('login', { uid_field: username });
  expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  return browser;
}

describe('a flow bound to a group', () => {
  it('is for its members and those of the groups below, and for nobody else', async () => {
    expect(await house.browser().show('staff-only')).toMatchObject(denied());
    expect(await (await loggedIn('bob')).show('staff-only')).toMatchObject(denied());
    for (const member of ['alice', 'carol']) {
      expect(await (await loggedIn(member)).show('staff-only')).toMatchObject(page);
    }
  });

  it('leaves nothing behind for those whom it is not for', async () => {
    const stranger = house.browser();
    expect((await stranger.show('staff-only')).setCookies).toEqual([]);
  });

  it('is for a new member at once', async () => {
    const bob = await loggedIn('bob');
    await house.apply(blueprint(people, groupEntry('company', { users: ['carol', 'bob'] })));
    expect(await bob.show('staff-only')).toMatchObject(page);
    await house.apply(blueprint(people, groupEntry('company', { users: ['carol'] })));
  });
});

describe('a flow bound to anybody but a user', () => {
  it('is for the others and strangers, and leads that user on', async () => {
    expect(await house.browser().show('not-bob')).toMatchObject(page);
    expect(await (await loggedIn('alice')).show('not-bob')).toMatchObject(page);
    const bob = await loggedIn('bob');
    expect((await bob.show('not-bob', 'next=%2Fapp%2F')).body).toEqual({ component: 'xak-flow-redirect', to: '/app/' });
    expect((await bob.show('not-bob', 'next=%2F%2Fevil.example')).body).toMatchObject({ to: '/' });
  });
});

describe('a step bound to a group', () => {
  it('is there for the user in question alone, whoever is logged in', async () => {
    const alice = house.browser();
    expect(await alice.solve('rounds', { uid_field: 'alice' })).toMatchObject(page);
    expect((await alice.solve('rounds', {})).body).toMatchObject({ component: 'ak-stage-password' });

    const bob = await loggedIn('alice');
    expect((await bob.solve('rounds', { uid_field: 'bob' })).body).toMatchObject({ component: 'ak-stage-password' });
  });

  it('stays for somebody who stands before it, whatever becomes of the group', async () => {
    const carol = house.browser();
    await carol.solve('rounds', { uid_field: 'carol' });
    await house.apply(blueprint(people, groupEntry('company')));
    expect(await carol.show('rounds')).toMatchObject(page);
    expect((await carol.solve('rounds', {})).body).toMatchObject({ component: 'ak-stage-password' });

    const later = house.browser();
    expect((await later.solve('rounds', { uid_field: 'carol' })).body).toMatchObject({
      component: 'ak-stage-password',
    });
    await house.apply(blueprint(people, groupEntry('company', { users: ['carol'] })));
  });

  it('is left out of the plan when it is decided beforehand', async () => {
    expect((await house.browser().show('planned')).body).toEqual({ component: 'xak-flow-redirect', to: '/' });
    expect(await (await loggedIn('alice')).show('planned')).toMatchObject(page);
  });
});

describe('a flow bound to a policy', () => {
  const WEATHER = randomUUID();
  const IS_WARM: PolicySet = { mode: 'any', bindings: [policyBindingOf({ id: randomUUID(), policy: WEATHER })] };
  let service: NatsConnection;

  beforeAll(async () => {
    service = await connect({ servers: house.nats.url });
    await publish((document) => ({ ...document, guard: IS_WARM }));
  });
  afterAll(() => service?.close());

  /** Publishes the flow as a blueprint would that could bind policies. */
  async function publish(edit: (document: FlowVersion) => FlowVersion): Promise<void> {
    const [old] = await house.rows<{ flow_id: string; document: FlowVersion }>(
      `SELECT v.flow_id, v.document FROM flow.flow_versions v WHERE v.document->'flow'->>'slug' = 'weather' AND v.number = 1`,
    );
    const policies = { [WEATHER]: { kind: 'expression', name: 'is it warm', config: {} } };
    const id = randomUUID();
    await house.rows(
      `INSERT INTO flow.flow_versions (id, flow_id, number, document, digest)
       SELECT $1, $2, 1 + max(number), $3, $4 FROM flow.flow_versions WHERE flow_id = $2`,
      [id, old?.flow_id, JSON.stringify(edit({ ...old!.document, policies })), Buffer.from(id)],
    );
    await house.rows(`UPDATE flow.flows SET version_id = $1 WHERE slug = 'weather'`, [id]);
  }

  let stopServing = async () => undefined as unknown;
  afterEach(() => stopServing());
  async function serve(pass: boolean, messages: string[] = [], more: object = {}): Promise<void> {
    const reply = JSON.stringify({ results: { [WEATHER]: { pass, messages } }, ...more });
    const subscription = service.subscribe('policy.evaluate', {
      callback: (_, message) => void message.respond(reply),
    });
    // The server has heard of it before anybody asks again.
    stopServing = async () => {
      subscription.unsubscribe();
      await service.flush();
    };
    await service.flush();
  }

  it('is closed with a 503 while nobody evaluates it, and open again afterwards', async () => {
    const browser = house.browser();
    const answer = await browser.show('weather');
    expect(answer).toMatchObject({ status: 503, body: { component: 'ak-stage-flow-error' }, setCookies: [] });
    expect(answer.headers.get('retry-after')).toBe('1');
    await serve(true);
    expect(await browser.show('weather')).toMatchObject(page);
  });

  it('says why it is closed', async () => {
    await serve(false, ['It is too cold.', 'Come again in spring.']);
    expect(await house.browser().show('weather')).toMatchObject(denied('It is too cold.\nCome again in spring.'));
  });

  it('leads elsewhere when the policy of a step says so, and no further', async () => {
    await publish((document) => ({
      ...document,
      steps: document.steps.map((step, i) => ({ ...step, ...(i === 1 ? { policies: IS_WARM } : {}) })),
    }));
    const insert = { where: 'next', steps: [{ kind: 'redirect', config: { to: 'https://warm.example.org/' } }] };
    await serve(false, [], { insert });
    const browser = house.browser();
    expect(await browser.show('weather')).toMatchObject(page);
    const elsewhere = {
      status: 200,
      body: { component: 'xak-flow-redirect', to: 'https://warm.example.org/', flow_info: { title: 'Welcome' } },
    };
    expect(await browser.solve('weather', {})).toMatchObject(elsewhere);
    expect(await browser.show('weather')).toMatchObject(elsewhere);
    expect(await browser.solve('weather', {})).toMatchObject(elsewhere);
  });
});
