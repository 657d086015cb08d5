import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { locationOf } from '../support/oauth-application.js';
import { boundEntry, expressionEntry, policyEntry } from '../support/policy-entries.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';

const NAME_ADMIN = `context["flow_plan"].context["pending_user"] = ak_user_by(username="chief")\nreturn True`;
const BY_SETUP = `if context.get("goauthentik.io/core/setup/started-by") != "setup":
    ak_message("Start at " + request.http_request.build_absolute_uri("/"))
    return False
return not ak_user_by(username="chief").has_usable_password()`;
const SETUP = 'initial-setup';
const FLOW = blueprint(
  expressionEntry('name the administrator', NAME_ADMIN),
  expressionEntry('by the set-up', BY_SETUP),
  fieldEntry('first', ['password', 'password']),
  flowEntries(SETUP, [asking('first', ['password']), writing('never_create'), LOGIN], {
    designation: 'stage_configuration',
  }),
  boundEntry(`${SETUP}-1 bound`, 'name the administrator'),
  boundEntry(SETUP, 'by the set-up'),
);
const EXPIRING = blueprint(
  policyEntry('expiry.passwordexpirypolicy', 'expired', { days: 0 }),
  flowEntries('expiring', [IDENTIFICATION, PASSWORD, LOGIN]),
  boundEntry('expiring-1 bound', 'expired'),
);
const CHIEF = blueprint(userEntry('chief', { password: undefined }), administratorsEntry('chief'));

let deployment: Deployment;
/** The address of a gateway that has not served a request yet. */
let gateway: string;
beforeAll(async () => {
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    services: ['identification', 'password', 'session', 'enrollment', 'policy'],
    blueprints: [CHIEF, blueprint(userEntry('bob'))],
  });
}, 120_000);
afterAll(() => deployment?.close());

const visitor = () => deployment.browser().at(gateway);
const probe = async () => (await fetch(`${gateway}/setup`, { method: 'HEAD' })).status;
const redirectOf = async (path: string, browser = visitor()) => locationOf(await browser.fetch(path));
async function begun() {
  const browser = visitor();
  expect(await redirectOf('/setup', browser)).toBe(`/if/flow/${SETUP}/`);
  return browser;
}
/**
 * Sends each password in a browser of its own, all at the same time. Returns the user that each browser is logged in
 * as.
 */
async function sent(passwords: readonly string[]) {
  const browsers = await Promise.all(passwords.map(begun));
  for (const browser of browsers) expect((await browser.show(SETUP)).body['component']).toBe('ak-stage-prompt');
  await Promise.all(browsers.map((browser, i) => browser.solve(SETUP, { password: passwords[i] })));
  return Promise.all(browsers.map(usernameOf));
}

it('the set-up page is unavailable without its flow, and without an administrator whom the flow could set up', async () => {
  gateway = deployment.url;
  expect(await probe()).toBe(503);
  expect(await redirectOf('/')).toContain('/flows/-/default/authentication/');
  await deployment.apply(FLOW);
  await deployment.rows(`UPDATE directory.users SET is_active = false WHERE username = 'chief'`);
  expect(await probe()).toBe(503);
  const { status, body } = await visitor().fetch('/setup');
  expect([status, body['code']]).toEqual([503, 'setup_unavailable']);
});

describe('the set-up page', () => {
  beforeEach(async () => {
    await deployment.rows(
      `UPDATE directory.users SET password_hash = '', last_login = NULL, is_active = true WHERE username = 'chief'`,
    );
    gateway = await deployment.openAnotherGateway();
  });

  it('lets the first administrator set a password once, and nobody afterwards (accident 7)', async () => {
    expect([await probe(), await redirectOf('/')]).toEqual([200, '/setup']);
    const late = await begun();
    await late.show(SETUP);
    expect(await sent(['correct-horse-7'])).toEqual(['chief']);
    await late.solve(SETUP, { password: 'stolen-horse-8' });
    expect(await usernameOf(late)).toBeUndefined();

    expect([await probe(), await redirectOf('/setup')]).toEqual([503, '/']);
    await deployment.apply(FLOW);
    await deployment.apply(CHIEF);
    gateway = await deployment.openAnotherGateway();
    expect([await probe(), await redirectOf('/setup')]).toEqual([503, '/']);
  });

  it('stays closed if the administrator loses the password later', async () => {
    await sent(['correct-horse-7']);
    expect(await redirectOf('/setup')).toBe('/');
    // The courier records logins.
    const lost = `UPDATE directory.users SET password_hash = '', last_login = now() WHERE username = 'chief'`;
    await deployment.rows(lost);
    expect(await redirectOf('/setup')).toBe('/');
    gateway = await deployment.openAnotherGateway();
    expect(await redirectOf('/setup')).toBe('/');
  });

  it('stays closed if a policy expires the password of an administrator who has never logged in (accident 7)', async () => {
    await deployment.apply(EXPIRING);
    await deployment.apply(blueprint(userEntry('chief')));
    await visitor().solve('expiring', { uid_field: 'chief' });
    expect(await deployment.rows(`SELECT password_hash FROM directory.users WHERE username = 'chief'`)).toEqual([
      { password_hash: '!' },
    ]);
    expect([await probe(), await redirectOf('/setup')]).toEqual([503, '/']);
  });

  it('lets only one of several visitors set the password when they send theirs concurrently', async () => {
    const users = await sent(['first-horse-1', 'second-horse-2', 'third-horse-3']);
    expect(users.filter((name) => name === 'chief')).toHaveLength(1);
  });

  it('is the only way into its flow', async () => {
    const { body } = await visitor().show(SETUP, 'goauthentik.io/core/setup/started-by=setup');
    expect(body).toMatchObject({
      component: 'ak-stage-access-denied',
      error_message: expect.stringMatching(/^Start at http:\/\/[^/]+\/$/),
    });
  });

  it('redirects to the login if its flow refuses the visitor', async () => {
    await deployment.apply(blueprint(userEntry('deputy', { password: undefined }), administratorsEntry('deputy')));
    await deployment.rows(`DELETE FROM directory.users WHERE username = 'chief'`);
    expect(await redirectOf('/setup')).toBe('/flows/-/default/authentication/?next=%2F');
  });

  it('returns 404 under 2024.8', async () => {
    const older = await deployment.openAnotherGateway({ API_VERSION: '2024.8' });
    for (const method of ['GET', 'HEAD']) expect((await fetch(`${older}/setup`, { method })).status).toBe(404);
  });
});
