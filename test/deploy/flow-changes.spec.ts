import { afterAll, beforeAll, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import { blueprint, DUMMY, flowEntries, keyOf, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { CODE_LOGIN_FLOWS, logInWithCode } from '../support/code-login.js';
import { describeWithNats } from '../support/nats.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';
import { ComposeStack } from './compose-stack.js';

const INSTANCES = '/api/v3/flows/instances';
const CAPTCHA = {
  stage: 'captcha.captchastage',
  attrs: { public_key: 'site', private_key: 'of-the-provider' }, // not-a-secret
};
const greeting = (title: string) => blueprint(flowEntries('greeting', [DUMMY], { title }));

describeWithNats('changes of flows with the roles and NATS users of a deployment', () => {
  let stack: ComposeStack;
  let root: Browser;
  beforeAll(async () => {
    stack = await ComposeStack.open();
    await stack.apply(blueprint(userEntry('root'), administratorsEntry('root'), CODE_LOGIN_FLOWS));
    for (const service of ['identification', 'password', 'session', 'mfa']) await stack.startHosted(service);
    await Promise.all([stack.start('gateway'), stack.start('blueprints')]);
    root = await logInWithCode(() => new Browser(stack.url), 'root');
  });
  afterAll(() => stack?.close());

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

  it('record the changes in audit events', async () => {
    const events = await stack.as('operator', async (client) => {
      const { rows } = await client.query<{ topic: string }>('SELECT topic FROM flow.outbox');
      return rows.map(({ topic }) => topic);
    });
    expect(events).toEqual(expect.arrayContaining(['events.blueprint_applied', 'events.flow_published']));
  });
});
