import { afterAll, beforeAll, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { expressionEntry } from '../support/policy-entries.js';
import { asking, fieldEntry } from '../support/prompts.js';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    apiVersion: '2024.8',
    services: ['identification', 'password', 'session', 'enrollment', 'policy', 'consent'],
    blueprints: [
      blueprint(
        ...[userEntry('alice'), userEntry('admin'), administratorsEntry('admin')],
        fieldEntry('form', ['colour', 'dropdown'], {
          ...{ placeholder: 'return [{"label": "Bright red", "value": "red"}, "blue"]', placeholder_expression: true },
        }),
        expressionEntry('agrees', 'ak_message("A fine colour.")\nreturn True'),
        flowEntries('form', [asking('form', ['colour'], ['policy agrees']), DUMMY], { designation: 'enrollment' }),
        flowEntries('ask', [{ stage: 'consent.consentstage', attrs: { mode: 'always_require' } }, DUMMY]),
        flowEntries('login', [
          IDENTIFICATION,
          { ...PASSWORD, attrs: { ...PASSWORD.attrs, failed_attempts_before_cancel: 1 } },
          LOGIN,
        ]),
      ),
      `version: 1
entries:
  - model: authentik_flows.flow
    conditions: [!Context goauthentik.io/enterprise/licensed]
    identifiers: { slug: licensed }
    attrs: { name: a, title: a, designation: authentication }
`,
    ],
  });
}, 120_000);
afterAll(() => deployment?.close());

it('under 2024.8 an object among the choices of a field is shown as its Python text', async () => {
  const browser = deployment.browser();
  const red = `{'label': 'Bright red', 'value': 'red'}`;
  const [field] = (await browser.show('form')).body['fields'] as Record<string, unknown>[];
  expect(field).toMatchObject({ choices: [red, 'blue'], initial_value: red });
  expect((await browser.solve('form', { colour: red })).body).toMatchObject({ component: 'ak-stage-dummy' });
});

it('under 2024.8 a wrong consent token and the last wrong password get other errors, and no device is remembered', async () => {
  const browser = deployment.browser();
  await browser.show('ask');
  expect((await browser.solve('ask', { token: 'x' })).body).toMatchObject({
    response_errors: { token: [{ string: 'This question has been asked anew since. Please look at it again.' }] },
  });
  await browser.solve('login', { uid_field: 'alice' });
  expect((await browser.solve('login', { password: 'wrong' })).body).toMatchObject({ error_message: 'Unknown error' });

  const user = deployment.browser();
  await user.solve('login', { uid_field: 'alice' });
  const { setCookies } = await user.solve('login', { password: 'correct-horse-7' });
  expect(setCookies.join()).toContain('gatehouse_known=');
  expect(setCookies.join()).not.toContain('authentik_device=');
});

it('under 2024.8 the endpoint of account lockdowns is unknown', async () => {
  const user = deployment.browser();
  await user.solve('login', { uid_field: 'alice' });
  await user.solve('login', { password: 'correct-horse-7' });
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const unknown = await user.fetch('/api/v3/core/users/unknown_action/', { ...post, body: '{}' });
  expect(unknown.status).toBe(404);
  // The response is that of an unknown address, also for an anonymous visitor, without a CSRF token, with an invalid
  // body or another method.
  for (const browser of [user, deployment.browser()])
    for (const request of [{ ...post, body: '{}' }, { ...post, body: '{' }, {}]) {
      const { status, text } = await browser.fetch('/api/v3/core/users/account_lockdown/', request);
      expect({ status, text }).toEqual({ status: 404, text: unknown.text });
    }
  const { text } = await user.fetch('/api/v3/schema/?format=json');
  expect(text).not.toContain('account_lockdown');
});

it('under 2024.8 the body of a request for a recovery link is ignored', async () => {
  const admin = deployment.browser();
  await admin.solve('login', { uid_field: 'admin' });
  await admin.solve('login', { password: 'correct-horse-7' });
  const [alice] = await deployment.rows(`SELECT pk FROM directory.users WHERE username = 'alice'`);
  const body = JSON.stringify({ token_duration: 'soon' });
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  expect(await admin.fetch(`/api/v3/core/users/${alice!['pk']}/recovery/`, post)).toMatchObject({
    ...{ status: 400, body: { non_field_errors: ['No recovery flow set.'] } },
  });
});

it('under 2024.8 blueprint entries that require an enterprise licence of authentik are skipped', async () => {
  expect((await deployment.browser().show('licensed')).status).toBe(404);
});
