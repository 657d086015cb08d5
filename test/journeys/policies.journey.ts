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

let deployment: Deployment;

const users = [userEntry('alice'), userEntry('bob'), userEntry('carol')];
const groups = [
  groupEntry('company', { users: ['carol'] }),
  groupEntry('staff', { parent: 'company', users: ['alice'] }),
];
const denied = (error_message = 'Flow does not apply to current user.') => ({
  status: 200,
  body: { component: 'ak-stage-access-denied', error_message },
});
const dummyPage = { status: 200, body: { component: 'ak-stage-dummy' } };

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ...[users, groups],
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
afterAll(() => deployment.close());

async function logIn(username: string): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: username });
  expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  return browser;
}

describe('a flow bound to a group', () => {
  it('applies only to members of the group and of its subgroups (accident 40)', async () => {
    expect(await deployment.browser().show('staff-only')).toMatchObject(denied());
    expect(await (await logIn('bob')).show('staff-only')).toMatchObject(denied());
    for (const member of ['alice', 'carol']) {
      expect(await (await logIn(member)).show('staff-only')).toMatchObject(dummyPage);
    }
  });

  it('sets no cookie for a visitor to whom it does not apply', async () => {
    const visitor = deployment.browser();
    expect((await visitor.show('staff-only')).setCookies).toEqual([]);
  });

  it('applies to a new member, and no longer to a former member, immediately (accident 57)', async () => {
    const bob = await logIn('bob');
    expect(await bob.show('staff-only')).toMatchObject(denied());
    await deployment.apply(blueprint(users, groupEntry('company', { users: ['carol', 'bob'] })));
    expect(await bob.show('staff-only')).toMatchObject(dummyPage);
    await deployment.apply(blueprint(users, groupEntry('company', { users: ['carol'] })));
    await bob.fetch('/flows/-/cancel/');
    expect(await bob.show('staff-only')).toMatchObject(denied());
  });
});

describe('a flow whose binding excludes a user', () => {
  it('applies to other users and anonymous visitors, and redirects the excluded user', async () => {
    expect(await deployment.browser().show('not-bob')).toMatchObject(dummyPage);
    expect(await (await logIn('alice')).show('not-bob')).toMatchObject(dummyPage);
    const bob = await logIn('bob');
    expect((await bob.show('not-bob', 'next=%2Fapp%2F')).body).toEqual({ component: 'xak-flow-redirect', to: '/app/' });
    expect((await bob.show('not-bob', 'next=%2F%2Fevil.example')).body).toMatchObject({ to: '/' });
  });
});

describe('a step bound to a group', () => {
  it('is decided by the groups of the pending user, not by those of the user who is logged in', async () => {
    const alice = deployment.browser();
    expect(await alice.solve('rounds', { uid_field: 'alice' })).toMatchObject(dummyPage);
    expect((await alice.solve('rounds', {})).body).toMatchObject({ component: 'ak-stage-password' });

    const bob = await logIn('alice');
    expect((await bob.solve('rounds', { uid_field: 'bob' })).body).toMatchObject({ component: 'ak-stage-password' });
  });

  it('stays in a plan that has reached it, even if the user leaves the group', async () => {
    const carol = deployment.browser();
    await carol.solve('rounds', { uid_field: 'carol' });
    await deployment.apply(blueprint(users, groupEntry('company')));
    expect(await carol.show('rounds')).toMatchObject(dummyPage);
    expect((await carol.solve('rounds', {})).body).toMatchObject({ component: 'ak-stage-password' });

    const laterBrowser = deployment.browser();
    expect((await laterBrowser.solve('rounds', { uid_field: 'carol' })).body).toMatchObject({
      component: 'ak-stage-password',
    });
    await deployment.apply(blueprint(users, groupEntry('company', { users: ['carol'] })));
  });

  it('is left out of the plan if evaluate_on_plan is set and its policies refuse the visitor', async () => {
    expect((await deployment.browser().show('planned')).body).toEqual({ component: 'xak-flow-redirect', to: '/' });
    expect(await (await logIn('alice')).show('planned')).toMatchObject(dummyPage);
  });
});

describe('a flow bound to a policy', () => {
  const WEATHER = randomUUID();
  const IS_WARM: PolicySet = { mode: 'any', bindings: [policyBindingOf({ id: randomUUID(), policy: WEATHER })] };
  let policyService: NatsConnection;

  beforeAll(async () => {
    policyService = await connect({ servers: deployment.nats.url });
    await publish((document) => ({ ...document, guard: IS_WARM }));
  });
  afterAll(() => policyService?.close());

  /** Publishes a new version of the flow with the document that `edit` returns. */
  async function publish(edit: (document: FlowVersion) => FlowVersion): Promise<void> {
    const [current] = await deployment.rows<{ flow_id: string; document: FlowVersion }>(
      `SELECT v.flow_id, v.document FROM flow.flow_versions v WHERE v.document->'flow'->>'slug' = 'weather' AND v.number = 1`,
    );
    const policies = { [WEATHER]: { kind: 'expression', name: 'is it warm', config: {} } };
    const id = randomUUID();
    await deployment.rows(
      `INSERT INTO flow.flow_versions (id, flow_id, number, document, digest)
       SELECT $1, $2, 1 + max(number), $3, $4 FROM flow.flow_versions WHERE flow_id = $2`,
      [id, current?.flow_id, JSON.stringify(edit({ ...current!.document, policies })), Buffer.from(id)],
    );
    await deployment.rows(`UPDATE flow.flows SET version_id = $1 WHERE slug = 'weather'`, [id]);
  }

  let stopServing = async () => undefined as unknown;
  afterEach(() => stopServing());
  async function serve(pass: boolean, messages: string[] = [], extra: object = {}): Promise<void> {
    const reply = JSON.stringify({ results: { [WEATHER]: { pass, messages } }, ...extra });
    const subscription = policyService.subscribe('policy.evaluate', {
      callback: (_, message) => void message.respond(reply),
    });
    // After the flush, the NATS server has processed the end of the subscription.
    stopServing = async () => {
      subscription.unsubscribe();
      await policyService.flush();
    };
    await policyService.flush();
  }

  it('returns 503 with Retry-After while the policy service is down, and applies again afterwards', async () => {
    const browser = deployment.browser();
    const answer = await browser.show('weather');
    expect(answer).toMatchObject({ status: 503, body: { component: 'ak-stage-flow-error' }, setCookies: [] });
    expect(answer.headers.get('retry-after')).toBe('1');
    await serve(true);
    expect(await browser.show('weather')).toMatchObject(dummyPage);
  });

  it('shows the messages of the policy when the flow does not apply', async () => {
    await serve(false, ['It is too cold.', 'Come again in spring.']);
    expect(await deployment.browser().show('weather')).toMatchObject(denied('It is too cold.\nCome again in spring.'));
  });

  it('redirects when the policy of a step inserts a redirect step, and ends there', async () => {
    await publish((document) => ({
      ...document,
      steps: document.steps.map((step, i) => ({ ...step, ...(i === 1 ? { policies: IS_WARM } : {}) })),
    }));
    const insert = { where: 'next', steps: [{ kind: 'redirect', config: { to: 'https://warm.example.org/' } }] };
    await serve(false, [], { insert });
    const browser = deployment.browser();
    expect(await browser.show('weather')).toMatchObject(dummyPage);
    const redirect = {
      status: 200,
      body: { component: 'xak-flow-redirect', to: 'https://warm.example.org/', flow_info: { title: 'Welcome' } },
    };
    expect(await browser.solve('weather', {})).toMatchObject(redirect);
    expect(await browser.show('weather')).toMatchObject(redirect);
    expect(await browser.solve('weather', {})).toMatchObject(redirect);
  });
});
