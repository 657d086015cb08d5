import { expect } from 'vitest';
import { Browser } from './browser.js';

const FLOW = 'default-authentication-flow';

/** A visit of the administrator to the flows that the first `npm start` installs. */
interface Visit {
  /** Base URL of the gateway. */
  readonly url: string;
  /** Password of the administrator. */
  readonly password: string;
  /** New name of the administrator. */
  readonly name: string;
}

/**
 * Logs the administrator in, changes the name and sets the same password again, in flows that need the policy service and
 * the password service. Returns the user from the API afterwards.
 */
export async function changeNameAndPassword({ url, password: current, name }: Visit) {
  const browser = new Browser(url);
  await browser.solve(FLOW, { uid_field: 'admin' });
  await browser.solve(FLOW, { password: current });
  const { text } = await browser.fetch('/if/user/');
  expect(text).toContain('href="/if/flow/default-user-settings-flow/?next=%2Fif%2Fuser%2F"');
  const configure = /href="(\/flows\/-\/configure\/[0-9a-f-]+\/)\?next=/.exec(text)?.[1] ?? '';
  expect((await browser.fetch(configure)).headers.get('location')).toMatch('/if/flow/default-password-change/');

  const settings = 'default-user-settings-flow';
  expect((await browser.show(settings)).body).toMatchObject({
    fields: [{ field_key: 'name' }, { field_key: 'attributes.settings.locale', initial_value: '' }],
  });
  const renamed = await browser.solve(settings, { name, 'attributes.settings.locale': '' });
  expect(renamed.body).toMatchObject({ component: 'xak-flow-redirect' });

  const password = 'default-password-change';
  expect((await browser.solve(password, { password: 'wrong' })).body).toHaveProperty('response_errors');
  expect((await browser.solve(password, { password: current })).body).toMatchObject({ fields: [{}, {}] });
  const setPassword = (newPassword: string) =>
    browser.solve(password, { password: newPassword, password_repeat: newPassword });
  expect((await setPassword('short')).body).toMatchObject({
    response_errors: { non_field_errors: [{ string: 'A password has at least 8 characters.' }] },
  });
  expect((await setPassword(current)).body).toMatchObject({ component: 'xak-flow-redirect' });
  return (await browser.fetch('/api/v3/core/users/me/')).body;
}
