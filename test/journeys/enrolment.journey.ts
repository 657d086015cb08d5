import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';

const MEMBERS = { authentication: 'require_authenticated' };

/** A shortened form of the expression policy of authentik's settings flow. */
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
    pgbouncer: true,
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

const repeated = (password: string) => ({ password, password_repeat: password });

/** Enrols a user and returns the logged-in browser. */
async function enrolled(username: string, password = 'first-pass-1'): Promise<Browser> {
  const browser = deployment.browser();
  await browser.show('enrol');
  await browser.solve('enrol', { username, ...repeated(password) });
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
const usernameOf = async (browser: Browser) => {
  const { body } = await browser.fetch('/api/v3/core/users/me/');
  return (body['user'] as Record<string, unknown> | undefined)?.['username'];
};
const userRow = async (username: string) =>
  (await deployment.rows<Record<string, unknown>>('SELECT * FROM directory.users WHERE username = $1', [username]))[0];

describe('a new user', () => {
  it('enrols in two forms, is logged in, and can log in again with the password', async () => {
    const browser = deployment.browser();
    const challenge = await browser.show('enrol');
    expect(challenge.body).toMatchObject({ component: 'ak-stage-prompt', fields: [{ type: 'username' }, {}, {}] });
    const refused = await browser.solve('enrol', {
      username: 'nina',
      password: 'a-pass-1',
      password_repeat: 'a-pass-2',
    });
    expect(refused.body).toMatchObject({
      response_errors: { non_field_errors: [{ string: "Passwords don't match.", code: 'invalid' }] },
    });
    await browser.solve('enrol', { username: 'nina', ...repeated('a-pass-1') });
    const stored = await deployment.rows<{ body: Buffer }>('SELECT body FROM flow.plans');
    expect(Buffer.concat(stored.map(({ body }) => body)).includes('a-pass-1')).toBe(false);
    const saved = await browser.solve('enrol', {
      name: 'Nina',
      email: 'nina@example.org',
      is_active: false,
      type: 'internal',
    });
    expect(saved.body).toMatchObject({ component: 'xak-flow-redirect' });

    expect(await usernameOf(browser)).toBe('nina');
    expect(await userRow('nina')).toMatchObject({
      name: 'Nina',
      email: 'nina@example.org',
      type: 'external',
      is_active: true,
    });
    expect(await usernameOf(await login('nina', 'a-pass-1'))).toBe('nina');
  });

  it('gets an error for a taken username', async () => {
    const { body } = await deployment.browser().solve('enrol', { username: 'ADMIN', ...repeated('a-pass-1') });
    expect(body).toMatchObject({
      response_errors: { username: [{ string: 'Username is already taken.', code: 'invalid' }] },
    });
  });

  it('sees the error of a taken username together with other field errors, before the passwords are compared', async () => {
    const takenError = { username: [{ string: 'Username is already taken.', code: 'invalid' }] };
    const browser = deployment.browser();
    const blankRepeat = await browser.solve('enrol', { username: 'admin', password: 'a', password_repeat: '' });
    expect(blankRepeat.body.response_errors).toEqual({
      ...takenError,
      password_repeat: [{ string: 'This field may not be blank.', code: 'blank' }],
    });
    const otherRepeat = await browser.solve('enrol', { username: 'admin', password: 'a', password_repeat: 'b' });
    expect(otherRepeat.body.response_errors).toEqual(takenError);
  });

  it('is created once by concurrent submissions with different `next` values', async () => {
    const browser = deployment.browser();
    await browser.solve('enrol', { username: 'olga', ...repeated('a-pass-1') });
    const answer = { name: 'Olga', email: 'olga@example.org' };
    const responses = await Promise.all([
      ...[browser.solve('enrol', answer), browser.solve('enrol', answer, 'next=/one')],
      ...[browser.show('enrol', 'next=/two'), browser.solve('enrol', answer, 'next=/three')],
    ]);
    for (const { status } of responses) expect([200, 503]).toContain(status);
    const rows = () => deployment.rows(`SELECT FROM directory.users WHERE lower(username) = 'olga'`);
    // If the GET with another `next` saves the plan first, the compare-and-set of every submission fails, and the visitor
    // submits again.
    if ((await rows()).length === 0) await browser.solve('enrol', answer);
    expect(await rows()).toHaveLength(1);
    expect(responses.map(({ text }) => text).join()).not.toContain('Failed to update user');
  });
});

describe('an enrolled user', () => {
  it('can change the settings of the form only, and keeps the other attributes', async () => {
    const browser = await enrolled('pia');
    await deployment.rows(
      `UPDATE directory.users SET attributes = '{"settings": {"theme": "dark"}}' WHERE username = 'pia'`,
    );
    const ownValues = { username: 'pia', 'attributes.settings.locale': 'de' };
    const challenge = await browser.show('settings');
    expect(challenge.body).toMatchObject({
      fields: [{ initial_value: 'pia' }, { initial_value: 'pia@example.org' }, {}],
    });
    const refused = await browser.solve('settings', { ...ownValues, email: 'mallory@example.org' });
    expect(refused.body).toMatchObject({
      response_errors: { non_field_errors: [{ string: 'Not allowed to change email address.', code: 'invalid' }] },
    });
    const saved = await browser.solve('settings', { ...ownValues, email: 'pia@example.org' });
    expect(saved.body).toMatchObject({ to: '/' });
    expect(await userRow('pia')).toMatchObject({ attributes: { settings: { theme: 'dark', locale: 'de' } } });
  });

  it('can change the password: the current session continues, other sessions end, the old password is refused', async () => {
    const browser = await enrolled('quin');
    const other = await login('quin', 'first-pass-1');
    const { body } = await browser.solve('password', repeated('second-pass-2'));
    expect(body).toMatchObject({ component: 'xak-flow-redirect' });

    expect(await usernameOf(browser)).toBe('quin');
    expect(await usernameOf(other)).toBeUndefined();
    expect(await usernameOf(await login('quin', 'first-pass-1'))).toBeUndefined();
    expect(await usernameOf(await login('quin', 'second-pass-2'))).toBe('quin');
  });

  it('can delete the account, which ends all sessions', async () => {
    const browser = await enrolled('rosa');
    const other = await login('rosa', 'first-pass-1');
    expect((await browser.show('leave')).body).toMatchObject({ to: '/' });
    expect([await usernameOf(browser), await usernameOf(other)]).toEqual([undefined, undefined]);
    expect(await userRow('rosa')).toBeUndefined();
  });
});

it('flows for logged-in users refuse an anonymous visitor, and create no user (accident 5)', async () => {
  const before = await deployment.rows('SELECT FROM directory.users');
  for (const flow of ['settings', 'password', 'leave']) {
    const { body } = await deployment.browser().solve(flow, { username: 'made', ...repeated('a-pass-1') });
    expect(body).toMatchObject({ component: 'ak-stage-access-denied' });
  }
  expect(await deployment.rows('SELECT FROM directory.users')).toHaveLength(before.length);
});
