import { changeFlows, RunTimeoutError } from '@gatehouse/blueprints';
import { openDataSource } from '@gatehouse/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import { blueprint, DUMMY, flowEntries, keyOf, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { CODE_LOGIN_FLOWS, logInWithCode } from '../support/code-login.js';
import { submit } from '../support/forms.js';
import { describeWithNats } from '../support/nats.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';
import { ComposeStack } from './compose-stack.js';
import { stageUsers } from './stage-user.js';

const INSTANCES = '/api/v3/flows/instances';
const CAPTCHA = {
  stage: 'captcha.captchastage',
  attrs: { public_key: 'site', private_key: 'of-the-provider' }, // not-a-secret
};
const KIND = 'x_acme_terms';
/** The descriptor that an external stage returns when a blueprint that names it is applied. */
const DESCRIPTOR = {
  ...{ v: 1, kind: KIND, component: 'x-acme-terms', state: { type: 'object' }, effects: [] },
  config: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  challenge: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  response: { type: 'object', properties: { accept: { type: 'boolean' } } },
  ...{ reads: {}, writes: [] },
};
const greeting = (title: string) => blueprint(flowEntries('greeting', [DUMMY], { title }));

describeWithNats('the gateway and the service blueprints, with the roles and NATS users of a deployment', () => {
  let stack: ComposeStack;
  let root: Browser;
  let external: NatsConnection;
  beforeAll(async () => {
    const users = await stageUsers(KIND);
    stack = await ComposeStack.open({ stageUsers: users.config });
    external = await users.connect(KIND, stack.natsUrl);
    external.subscribe(`stage.${KIND}.describe`, {
      queue: KIND,
      callback: (_, message) => void message.respond(JSON.stringify(DESCRIPTOR)),
    });
    await external.flush();
    await stack.apply(blueprint(userEntry('root'), administratorsEntry('root'), CODE_LOGIN_FLOWS));
    for (const service of ['identification', 'password', 'session', 'mfa']) await stack.startHosted(service);
    await Promise.all([stack.startHosted('gateway', { FLOW_CHANGE_DEVICE_AGE_S: '0' }), stack.start('blueprints')]);
    root = await logInWithCode(() => new Browser(stack.url), 'root');
  });
  afterAll(async () => {
    await external?.close();
    await stack?.close();
  });

  it('record runs of a flow, and count them in its funnel', async () => {
    const { status, body } = await root.fetch(`${INSTANCES}/proved-login/funnel/`);
    expect([status, body['versions']]).toMatchObject([200, [{ version: 1, begun: 1, done: 1, logged_in: 1 }]]);
  });

  const post = async (path: string, body: unknown = {}) => {
    const { status, body: result } = await root.fetch(`${INSTANCES}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status, result };
  };
  const importFile = async (text: string) => {
    const form = new FormData();
    form.set('file', new File([text], 'flow.yaml'));
    return (await root.fetch(`${INSTANCES}/import/`, { method: 'POST', body: form })).body;
  };
  const titleOf = async (slug: string) => {
    const { body } = await new Browser(stack.url).show(slug);
    return (body['flow_info'] as { title?: string } | undefined)?.title;
  };

  it('import, draft, publish, roll back and export a flow without a superuser of the database', async () => {
    expect(await importFile(greeting('One'))).toMatchObject({ success: true });
    expect(await titleOf('greeting')).toBe('One');
    expect(await post('draft/', { blueprint: greeting('Two') })).toMatchObject({
      status: 200,
      result: { drafts: [{ slug: 'greeting', number: 2 }] },
    });
    expect(await titleOf('greeting')).toBe('One');
    expect(await post('greeting/publish/')).toMatchObject({ status: 200, result: { number: 2, before: 1 } });
    expect(await titleOf('greeting')).toBe('Two');
    expect((await root.fetch(`${INSTANCES}/greeting/versions/1/diff/2/`)).text).toContain('Two');
    expect(await post('greeting/rollback/')).toMatchObject({ status: 200, result: { number: 1, before: 2 } });
    expect(await titleOf('greeting')).toBe('One');
    const { text } = await root.fetch(`${INSTANCES}/greeting/export/`);
    expect(await post('compare/', { blueprint: text })).toMatchObject({ status: 200, result: { changed: false } });
    expect(await post('check/', { blueprint: text })).toMatchObject({ status: 200, result: { errors: 0 } });
  });

  it('roll a version out, show the rollout and end it, over HTTP and by the forms of its page', async () => {
    const page = '/if/admin/flows/greeting/';
    const pageOf = async (query: string) => {
      const { status, text } = await root.fetch(`${page}${query}`);
      return { status, text };
    };
    const rolledOut = await post('greeting/versions/2/rollout/', { percent: 10, guard: 'completion=-2%', for: '1h' });
    expect(rolledOut).toMatchObject({ status: 200, result: { current: 1, candidate: 2, percent: 10 } });
    expect((await root.fetch(`${INSTANCES}/greeting/rollout/`)).body).toMatchObject({ candidate: 2 });
    expect((await root.fetch('/if/admin/flows/')).text).toContain(page);
    expect(await pageOf('?version=2&simulate=1&from=1&to=2')).toMatchObject({
      ...{ status: 200, text: expect.stringContaining('The guard has not looked yet.') },
    });
    expect((await submit(root, `${page}rollback/`, { reason: 'seen enough' })).status).toBe(303);
    expect((await root.fetch(`${INSTANCES}/greeting/rollout/`)).body).toMatchObject({ code: 'flow_rollout_unknown' });
    expect((await submit(root, `${page}publish/?version=2`, {})).status).toBe(303);
    expect((await submit(root, `${page}rollback/`, {})).status).toBe(303);
    expect(await titleOf('greeting')).toBe('One');
    await stack.apply(blueprint(userEntry('tester')));
    const preview = await submit(root, `${page}preview/?version=2`, { user: 'tester' });
    expect(preview.status).toBe(303);
    expect((await root.fetch(preview.headers.get('location') ?? '')).text).toContain('Two');
  });

  it('apply policies in Python, brands, and stages with secrets', async () => {
    const flow = flowEntries('guarded', [CAPTCHA]);
    const policy = expressionEntry('always', 'return True');
    const brand = {
      model: 'authentik_brands.brand',
      identifiers: { domain: 'id.example.org' },
      attrs: { branding_title: 'Here', flow_authentication: keyOf('guarded') },
    };
    const binding = boundEntry('guarded', 'always');
    expect(await importFile(blueprint(flow, policy, binding, brand))).toMatchObject({ success: true });
  });

  it('fetch and store the descriptor of an external stage, and check its settings against it', async () => {
    const withText = (config: Readonly<Record<string, unknown>>) =>
      blueprint(flowEntries('terms', [{ stage: KIND, attrs: config }]));
    expect(await importFile(withText({ text: 'Be kind.' }))).toMatchObject({ success: true });
    const stored = await stack.as('operator', async (client) => {
      const { rows } = await client.query<{ found: unknown }>(
        `SELECT v.document->'descriptors'->$1 AS found FROM flow.flow_versions v
         JOIN flow.flows f ON f.version_id = v.id WHERE f.slug = 'terms'`,
        [KIND],
      );
      return rows[0]?.found;
    });
    expect(stored).toMatchObject({ kind: KIND, component: 'x-acme-terms' });
    expect(await importFile(withText({ text: 7 }))).toMatchObject({ success: false });
    await external.close();
    const away = await importFile(withText({ text: 'Be kinder.' }));
    expect(away).toMatchObject({ success: false });
    expect(JSON.stringify(away)).toContain('kind: No service serves this stage.');
  });

  it('remove stages, policies, brands and flows that a blueprint declares absent', async () => {
    const absent = (model: string, identifiers: object) => ({ model, state: 'absent', identifiers });
    const flow = flowEntries('gone', [{ stage: 'dummy.dummystage' }]);
    const brand = {
      model: 'authentik_brands.brand',
      identifiers: { domain: 'gone.example.org' },
      attrs: { branding_title: 'Gone', flow_authentication: keyOf('gone') },
    };
    const policy = expressionEntry('gone-policy', 'return True');
    expect(await importFile(blueprint(flow, policy, brand))).toMatchObject({ success: true });
    const removed = await importFile(
      blueprint(
        absent('authentik_brands.brand', { domain: 'gone.example.org' }),
        absent('authentik_flows.flow', { slug: 'gone' }),
        absent('authentik_stages_dummy.dummystage', { name: 'gone 0 dummy.dummystage' }),
        absent('authentik_policies_expression.expressionpolicy', { name: 'gone-policy' }),
      ),
    );
    expect(removed).toMatchObject({ success: true });
    for (const name of ['brand gone.example.org', 'flow gone', 'dummystage gone 0', 'expressionpolicy gone-policy'])
      expect(JSON.stringify(removed)).toContain(name);
    expect((await new Browser(stack.url).show('gone')).status).toBe(404);
  });

  it('give the statements of a change its time limit, and cancel them when it is over', async () => {
    const { DATABASE_URL: url = '' } = stack.environment('blueprints');
    const source = await openDataSource({ url, schema: 'flow', poolSize: 1, queryMs: 20_000 });
    const change = (timeoutMs: number, statement: string) =>
      changeFlows(source, { ifBusy: 'fail', timeoutMs }, (manager) => manager.query(statement));
    try {
      expect(await change(15_000, 'SHOW statement_timeout')).toEqual([{ statement_timeout: '15s' }]);
      expect(await source.query('SHOW statement_timeout')).toEqual([{ statement_timeout: '10s' }]);
      await stack.as('operator', async (client) => {
        await client.query('BEGIN; SELECT FROM flow.flows FOR UPDATE');
        await expect(change(200, 'UPDATE flow.flows SET slug = slug')).rejects.toThrow(RunTimeoutError);
        await client.query('ROLLBACK');
      });
    } finally {
      await source.destroy();
    }
  });

  it('record the changes in audit events', async () => {
    const events = await stack.as('operator', async (client) => {
      const { rows } = await client.query<{ topic: string }>('SELECT topic FROM flow.outbox');
      return rows.map(({ topic }) => topic);
    });
    expect(events).toEqual(expect.arrayContaining(['events.blueprint_applied', 'events.flow_published']));
  });
});
