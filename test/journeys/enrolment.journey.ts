import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';

const MEMBERS = { authentication: 'require_authenticated' };

/** What the reference's own settings form is guarded by, in short. */
const OWN_ADDRESS = `from authentik.core.models import USER_ATTRIBUTE_CHANGE_EMAIL
prompt_data = request.context.get("prompt_data")
if not request.user.group_attributes(request.http_request).get(
    USER_ATTRIBUTE_CHANGE_EMAIL, request.http_request.tenant.default_user_change_email
):
    if prompt_data.get("email") != request.user.email:
        ak_message("Not allowed to change email address.")
        return False
return True`;

const ofUser = (expression: string) => ({
  initial_value: `try:\n    return ${expression}\nexcept:\n    return ""`,
  initial_value_expression: true,
});

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    services: ['identification', 'password', 'session', 'enrollment', 'policy'],
    blueprints: [
      blueprint(
        userEntry('admin'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        ...[fieldEntry('new', ['username', 'username']), fieldEntry('new', ['password', 'password'])],
        ...[fieldEntry('new', ['password_repeat', 'password']), fieldEntry('new', ['name', 'text'])],
        fieldEntry('new', ['email', 'email']),
        flowEntries('enrol', [
          ...[asking('new', ['username', 'password', 'password_repeat']), asking('new', ['name', 'email'])],
          ...[writing('always_create'), LOGIN],
        ]),
        fieldEntry('own', ['username', 'username'], ofUser('user.username')),
        fieldEntry('own', ['email', 'email'], ofUser('user.email')),
        fieldEntry(
          'own',
          ['attributes.settings.locale', 'ak-locale'],
          ofUser('user.attributes.get("settings", {}).get("locale", "")'),
        ),
        {
          ...{ model: 'authentik_policies_expression.expressionpolicy', id: 'own address' },
          ...{ identifiers: { name: 'own address' }, attrs: { expression: OWN_ADDRESS } },
        },
        flowEntries(
          'settings',
          [
            asking('own', ['username', 'email', 'attributes.settings.locale'], ['own address']),
            writing('never_create'),
          ],
          MEMBERS,
        ),
        flowEntries('password', [asking('new', ['password', 'password_repeat']), writing('never_create')], MEMBERS),
        flowEntries('leave', [{ stage: 'user_delete.userdeletestage' }], MEMBERS),
      ),
    ],
  });
}, 120_000);
afterAll(() => deployment?.close());

const PAIR = (password: string) => ({ password, password_repeat: password });

/** Enrols somebody; their browser, logged in. */
async function enrolled(username: string, password = 'first-pass-1'): Promise<Browser> {
  const browser = deployment.browser();
  await browser.show('enrol');
  await browser.solve('enrol', { username, ...PAIR(password) });
  const { body } = await browser.solve('enrol', { name: username, email: `${username}@example.org` });
  expect(body).toMatchObject({ component: 'xak-flow-redirect', to: '/' });
  return browser;
}
async function login(username: string, password: string): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: username });
  await browser.solve('login', { password });
  return browser;
}
const me = async (browser: Browser) => {
  const { body } = await browser.fetch('/api/v3/core/users/me/');
  return (body['user'] as Record<string, unknown> | undefined)?.['username'];
};
const userRow = async (username: string) =>
  (await deployment.rows<Record<string, unknown>>('SELECT * FROM directory.users WHERE username = $1', [username]))[0];

describe('somebody new', () => {
  it('fills two forms in, is written and logged in, and comes back with the password', async () => {
    const browser = deployment.browser();
    const shown = await browser.show('enrol');
    expect(shown.body).toMatchObject({ component: 'ak-stage-prompt', fields: [{ type: 'username' }, {}, {}] });
    const refused = await browser.solve('enrol', {
      username: 'nina',
      password: 'a-pass-1',
      password_repeat: 'a-pass-2',
    });
    expect(refused.body).toMatchObject({
      response_errors: { non_field_errors: [{ string: "Passwords don't match.", code: 'invalid' }] },
    });
    await browser.solve('enrol', { username: 'nina', ...PAIR('a-pass-1') });
    const stored = await deployment.rows<{ body: Buffer }>('SELECT body FROM flow.plans');
    expect(Buffer.concat(stored.map(({ body }) => body)).includes('a-pass-1')).toBe(false);
    const done = await browser.solve('enrol', {
      name: 'Nina',
      email: 'nina@example.org',
      is_active: false,
      type: 'internal',
    });
    expect(done.body).toMatchObject({ component: 'xak-flow-redirect' });

    expect(await me(browser)).toBe('nina');
    expect(await userRow('nina')).toMatchObject({
      name: 'Nina',
      email: 'nina@example.org',
      type: 'external',
      is_active: true,
    });
    expect(await me(await login('nina', 'a-pass-1'))).toBe('nina');
  });

  it('is told that a name is taken', async () => {
    const { body } = await deployment.browser().solve('enrol', { username: 'ADMIN', ...PAIR('a-pass-1') });
    expect(body).toMatchObject({
      response_errors: { username: [{ string: 'Username is already taken.', code: 'invalid' }] },
    });
  });

  it('is told that a name is taken together with what else is wrong, before passwords are compared', async () => {
    const taken = { username: [{ string: 'Username is already taken.', code: 'invalid' }] };
    const browser = deployment.browser();
    const both = await browser.solve('enrol', { username: 'admin', password: 'a', password_repeat: '' });
    expect(both.body.response_errors).toEqual({
      ...taken,
      password_repeat: [{ string: 'This field may not be blank.', code: 'blank' }],
    });
    const differing = await browser.solve('enrol', { username: 'admin', password: 'a', password_repeat: 'b' });
    expect(differing.body.response_errors).toEqual(taken);
  });

  it('is written once, though they press twice and want to go elsewhere meanwhile', async () => {
    const browser = deployment.browser();
    await browser.solve('enrol', { username: 'olga', ...PAIR('a-pass-1') });
    const answer = { name: 'Olga', email: 'olga@example.org' };
    const all = await Promise.all([
      ...[browser.solve('enrol', answer), browser.solve('enrol', answer, 'next=/one')],
      ...[browser.show('enrol', 'next=/two'), browser.solve('enrol', answer, 'next=/three')],
    ]);
    for (const { status } of all) expect([200, 503]).toContain(status);
    const rows = () => deployment.rows(`SELECT FROM directory.users WHERE lower(username) = 'olga'`);
    // The visit that changes `next` may come first. Then every press has lost, and the visitor presses once more.
    if ((await rows()).length === 0) await browser.solve('enrol', answer);
    expect(await rows()).toHaveLength(1);
    expect(all.map(({ text }) => text).join()).not.toContain('Failed to update user');
  });
});

describe('a member', () => {
  it('changes their settings, but not what they may not, and nothing else is lost', async () => {
    const browser = await enrolled('pia');
    await deployment.rows(
      `UPDATE directory.users SET attributes = '{"settings": {"theme": "dark"}}' WHERE username = 'pia'`,
    );
    const mine = { username: 'pia', 'attributes.settings.locale': 'de' };
    const shown = await browser.show('settings');
    expect(shown.body).toMatchObject({ fields: [{ initial_value: 'pia' }, { initial_value: 'pia@example.org' }, {}] });
    const refused = await browser.solve('settings', { ...mine, email: 'mallory@example.org' });
    expect(refused.body).toMatchObject({
      response_errors: { non_field_errors: [{ string: 'Not allowed to change email address.', code: 'invalid' }] },
    });
    const done = await browser.solve('settings', { ...mine, email: 'pia@example.org' });
    expect(done.body).toMatchObject({ to: '/' });
    expect(await userRow('pia')).toMatchObject({ attributes: { settings: { theme: 'dark', locale: 'de' } } });
  });

  it('changes their password: this session goes on, others end, and the old one is worth nothing', async () => {
    const browser = await enrolled('quin');
    const other = await login('quin', 'first-pass-1');
    const { body } = await browser.solve('password', PAIR('second-pass-2'));
    expect(body).toMatchObject({ component: 'xak-flow-redirect' });

    expect(await me(browser)).toBe('quin');
    expect(await me(other)).toBeUndefined();
    expect(await me(await login('quin', 'first-pass-1'))).toBeUndefined();
    expect(await me(await login('quin', 'second-pass-2'))).toBe('quin');
  });

  it('deletes their account, and is nobody in every session', async () => {
    const browser = await enrolled('rosa');
    const other = await login('rosa', 'first-pass-1');
    expect((await browser.show('leave')).body).toMatchObject({ to: '/' });
    expect([await me(browser), await me(other)]).toEqual([undefined, undefined]);
    expect(await userRow('rosa')).toBeUndefined();
  });
});

it('a stranger gets into no form for members, and nobody is made (accident 5)', async () => {
  const before = await deployment.rows('SELECT FROM directory.users');
  for (const flow of ['settings', 'password', 'leave']) {
    const { body } = await deployment.browser().solve(flow, { username: 'made', ...PAIR('a-pass-1') });
    expect(body).toMatchObject({ component: 'ak-stage-access-denied' });
  }
  expect(await deployment.rows('SELECT FROM directory.users')).toHaveLength(before.length);
});
