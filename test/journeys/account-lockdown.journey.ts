import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import {
  blueprint,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';
import { asking, fieldEntry } from '../support/prompts.js';
import { recordedEvents } from '../support/recorded-events.js';

const START = '/api/v3/core/users/account_lockdown/';
const KEY = 'a'.repeat(40); // not-a-secret

const isAdministrator = `return str(request.user.pk) != str(getattr(request.http_request.user, "pk", ""))`;
const WARNING = `actor = str(getattr(http_request.user, "pk", ""))
from django.utils.html import escape
return "your own account" if str(user.pk) == actor else f"the account {escape(user.username)}"`;

/** A brand with the condition that every entry of the shipped blueprint of account lockdowns has. */
const BRAND = `version: 1
entries:
  - model: authentik_brands.brand
    conditions: [!Context goauthentik.io/enterprise/licensed]
    identifiers: { domain: localhost }
    attrs: { default: true, flow_lockdown: !Find [authentik_flows.flow, [slug, lock]] }
`;

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    services: ['identification', 'password', 'session', 'enrollment', 'policy'],
    blueprints: [
      blueprint(
        ...['admin', 'root', 'alice', 'bob', 'carol'].map((name) => userEntry(name)),
        administratorsEntry('admin', 'root'),
        tokenEntry('alice', KEY),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        fieldEntry('lock', ['warning', 'alert_danger'], {
          ...{ required: false, initial_value: WARNING, initial_value_expression: true },
        }),
        fieldEntry('lock', ['lockdown_reason', 'text_area']),
        fieldEntry('locked', ['done', 'alert_info'], { required: false, initial_value: 'The account is locked.' }),
        fieldEntry('complete', ['bye', 'alert_warning'], { required: false, initial_value: 'Your account is locked.' }),
        flowEntries('complete', [asking('complete', ['bye'])], { designation: 'stage_configuration' }),
        flowEntries(
          'lock',
          [
            asking('lock', ['warning', 'lockdown_reason']),
            {
              stage: 'account_lockdown.accountlockdownstage',
              attrs: { self_service_completion_flow: keyOf('complete') },
            },
            asking('locked', ['done']),
          ],
          { designation: 'stage_configuration', authentication: 'require_authenticated' },
        ),
        expressionEntry('administrator', isAdministrator),
        boundEntry('lock-2 bound', 'administrator'),
      ),
      BRAND,
    ],
  });
}, 120_000);
afterAll(() => deployment?.close());

async function login(username: string): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: username });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}
const start = (browser: Browser, body: object) =>
  browser.fetch(START, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  });
const pkOf = async (username: string) =>
  (await deployment.rows<{ pk: number }>('SELECT pk FROM directory.users WHERE username = $1', [username]))[0]!.pk;
const accountOf = async (username: string) =>
  (
    await deployment.rows(
      `SELECT is_active, password_hash = '!' AS unusable,
        (SELECT count(*)::int FROM directory.tokens t WHERE t.user_id = u.id) AS tokens
       FROM directory.users u WHERE username = $1`,
      [username],
    )
  )[0];
/** Returns the recorded events that the lockdown of a user causes. */
async function lockdownEvents(username: string) {
  const actions = ['user_write', 'password_set', 'session_ended'];
  const events = await Promise.all(actions.map((action) => recordedEvents(deployment, action)));
  return events.flatMap((all) =>
    all.flatMap(({ data }) => (data.user?.kind === 'saved' && data.user.username === username ? [data] : [])),
  );
}
const LOCKED = { is_active: false, unusable: true, tokens: 0 };

describe('a lockdown', () => {
  it('by an administrator ends all access of the user at once, and is recorded with its reason', async () => {
    const [admin, alice] = [await login('admin'), await login('alice')];
    const pk = await pkOf('alice');
    const started = await start(admin, { user: pk });
    expect(started).toMatchObject({ status: 200, body: { link: `${deployment.url}/if/flow/lock/` } });
    expect((await admin.show('lock')).body).toMatchObject({
      fields: [{ type: 'alert_danger', initial_value: 'the account alice' }, { field_key: 'lockdown_reason' }],
    });
    expect(await usernameOf(alice)).toBe('alice');
    expect((await admin.solve('lock', { lockdown_reason: 'stolen laptop' })).body).toMatchObject({
      fields: [{ initial_value: 'The account is locked.' }],
    });
    expect(await accountOf('alice')).toEqual(LOCKED);
    expect(await usernameOf(alice)).toBeUndefined();
    const byToken = await fetch(`${deployment.url}/api/v3/core/users/me/`, {
      headers: { authorization: `Bearer ${KEY}` },
    });
    expect(byToken.status).toBe(403);
    const again = deployment.browser();
    await again.solve('login', { uid_field: 'alice' });
    expect((await again.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({
      response_errors: { password: [{ string: 'Invalid password' }] },
    });
    expect((await admin.solve('lock', {})).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(await usernameOf(admin)).toBe('admin');
    expect(await lockdownEvents('alice')).toMatchObject([
      { context: { reason: 'stolen laptop', is_active: false, affected_user: { pk, username: 'alice' } } },
      { context: { unusable: true } },
      { context: { own: false, reason: 'account_lockdown' } },
    ]);
  });

  it("of the user's own account also ends the current session, and redirects to the completion flow", async () => {
    const bob = await login('bob');
    expect((await start(bob, {})).status).toBe(200);
    expect((await bob.show('lock')).body).toMatchObject({ fields: [{ initial_value: 'your own account' }, {}] });
    expect((await bob.solve('lock', { lockdown_reason: 'phished' })).body).toMatchObject({
      ...{ component: 'xak-flow-redirect', to: '/if/flow/complete/' },
    });
    expect(await usernameOf(bob)).toBeUndefined();
    expect((await bob.show('complete')).body).toMatchObject({
      fields: [{ type: 'alert_warning', initial_value: 'Your account is locked.' }],
    });
    expect(await accountOf('bob')).toEqual(LOCKED);
    expect(await lockdownEvents('bob')).toMatchObject([
      { context: { reason: 'phished', is_active: false } },
      { context: { unusable: true } },
      { context: { own: true, reason: 'account_lockdown' } },
    ]);
  });

  it('of a superuser by another superuser locks the account', async () => {
    const admin = await login('admin');
    await start(admin, { user: await pkOf('root') });
    await admin.solve('lock', { lockdown_reason: 'left' });
    expect(await accountOf('root')).toEqual(LOCKED);
  });

  it('is refused for an unknown user, and for another user unless a superuser requests it', async () => {
    const [admin, carol] = [await login('admin'), await login('carol')];
    expect((await start(carol, { user: await pkOf('admin') })).status).toBe(403);
    for (const user of [2_000_000_000, 2 ** 31, -1, 'x'])
      expect(await start(admin, { user })).toMatchObject({ status: 400, body: { user: [expect.any(String)] } });
    expect((await start(deployment.browser(), {})).status).toBe(403);
  });
});
