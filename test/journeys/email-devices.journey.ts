import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { Mailbox, type ReceivedMail } from '../support/mailbox.js';

const COMPONENT = 'ak-stage-authenticator-email';
const ALICE = 'alice@example.org';
const MASKED = 'a****@e******.org';

/** The mail server of the installation, and the mail server of the stage, which needs a password. */
let central: Mailbox;
let own: Mailbox;
let deployment: Deployment;
beforeAll(async () => {
  [central, own] = await Promise.all([Mailbox.open(), Mailbox.open({ login: { user: 'mfa', password: 'letmein' } })]);
  const email = { stage: 'authenticator_email.authenticatoremailstage' };
  const ofOwnServer = {
    host: '127.0.0.1',
    port: own.port,
    username: 'mfa',
    password: 'letmein',
    from_address: 'mfa@example.org',
  };
  const setUp = { designation: 'stage_configuration', authentication: 'require_authenticated' };
  const validate = { stage: 'authenticator_validate.authenticatorvalidatestage', attrs: { device_classes: ['email'] } };
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    services: [...SERVICES, 'mfa', 'courier'],
    environment: { ...central.settings, EMAIL_RESEND_S: '0' },
    blueprints: [
      blueprint(
        userEntry('alice'),
        userEntry('bob', { email: '' }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, validate, LOGIN]),
        flowEntries('address', [{ ...email, attrs: ofOwnServer }], setUp),
        flowEntries(
          'key',
          [{ stage: 'authenticator_webauthn.authenticatorwebauthnstage', attrs: { max_attempts: 2 } }],
          setUp,
        ),
        userEntry('carol'),
        flowEntries('central', [{ ...email, attrs: { use_global_settings: true } }], setUp),
      ),
    ],
  });
});
afterAll(async () => {
  await deployment?.close();
  await Promise.all([central?.close(), own?.close()]);
});

const codeIn = ({ text = '' }: ReceivedMail) => /^\d{6}$/m.exec(text)?.[0] ?? '';
const otherThan = (code: string) => String((Number(code) + 1) % 1e6).padStart(6, '0');
const done = { component: 'xak-flow-redirect' };

async function logInWithPassword(username: string): Promise<Browser> {
  const browser = deployment.browser();
  for (const answer of [{ uid_field: username }, { password: 'correct-horse-7' }]) await browser.solve('login', answer);
  return browser;
}
const isLoggedIn = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status === 200;

describe('an email address as a second factor', () => {
  it('is the address of the account, and is set up with a code that the mail server of the stage sends', async () => {
    const browser = await logInWithPassword('alice');
    const form = { component: COMPONENT, email: MASKED, email_required: false, pending_user: 'alice' };
    expect((await browser.show('address')).body).toMatchObject(form);
    const mail = await own.mailTo(ALICE);
    expect(mail).toMatchObject({
      user: 'mfa',
      subject: 'authentik Sign-in code',
      from: { address: 'mfa@example.org' },
    });

    const code = codeIn(mail);
    const wrong = { response_errors: { non_field_errors: [{ string: 'Code does not match', code: 'invalid' }] } };
    expect((await browser.solve('address', { code: otherThan(code) })).body).toMatchObject(wrong);
    expect(await deployment.rows('SELECT FROM mfa.devices')).toEqual([]);

    expect((await browser.solve('address', { email: 'mallory@example.net' })).body).toMatchObject(form);
    const newest = codeIn(await own.mailTo(ALICE, 2));
    expect((await browser.solve('address', { code: newest })).body).toMatchObject(done);
    expect(own.mails.flatMap(({ recipients }) => recipients)).toEqual([ALICE, ALICE]);
    const list = await browser.fetch('/api/v3/authenticators/email/');
    expect(list.body).toMatchObject({ results: [{ name: 'Email Device', email: MASKED }] });
  });

  it('is required at the login, and gets a code when it is selected', async () => {
    const browser = await logInWithPassword('alice');
    const { body } = await browser.show('login');
    const [device] = body['device_challenges'] as [object];
    expect(device).toMatchObject({ device_class: 'email', challenge: { email: MASKED }, last_used: null });
    const before = own.mails.length;
    expect((await browser.solve('login', { selected_challenge: device })).body).not.toHaveProperty('response_errors');
    const code = codeIn(await own.mailTo(ALICE, before + 1));
    const wrong = await browser.solve('login', { code: otherThan(code), selected_challenge: device });
    expect(wrong.body).toMatchObject({
      response_errors: { code: [{ string: expect.stringMatching(/^Invalid Token/) }] },
    });
    expect(await isLoggedIn(browser)).toBe(false);
    await deployment.rows('UPDATE flow.attempts SET free_at = now()');
    await deployment.rows('UPDATE mfa.devices SET failed_at = NULL');
    expect((await browser.solve('login', { code })).body).toMatchObject(done);
    expect(await isLoggedIn(browser)).toBe(true);
  });

  it('is entered by a user without an address, and the default mail server sends the code', async () => {
    const browser = await logInWithPassword('bob');
    expect((await browser.show('central')).body).toMatchObject({
      component: COMPONENT,
      email: null,
      email_required: true,
    });
    const typed = await browser.solve('central', { email: 'bob@example.org' });
    expect(typed.body).toMatchObject({ email: 'b**@e******.org', email_required: false, response_errors: {} });
    const code = codeIn(await central.mailTo('bob@example.org'));
    expect((await browser.solve('central', { code })).body).toMatchObject(done);
  });

  it('is not in clear text in the logs, nor in the tables of devices and plans', async () => {
    const rows = await deployment.rows(`SELECT d::text FROM mfa.devices d UNION ALL SELECT p::text FROM flow.plans p`);
    const log = ['gateway', 'mfa'].map((service) => deployment.output(service)).join('');
    for (const text of [log, JSON.stringify(rows)]) expect(text).not.toMatch(/bob@example\.org/);
  });
});

it('the setup of a security key ends after max_attempts invalid answers, and adds no device', async () => {
  const browser = await logInWithPassword('carol');
  expect((await browser.show('key')).body).toMatchObject({ component: 'ak-stage-authenticator-webauthn' });
  const failed = { response: [{ string: expect.stringMatching(/^Registration failed\. Error: /), code: 'invalid' }] };
  expect((await browser.solve('key', { response: {} })).body).toMatchObject({ response_errors: failed });
  expect((await browser.solve('key', { response: {} })).body).toMatchObject({
    component: 'ak-stage-access-denied',
    error_message: expect.stringMatching(/^Exceeded maximum attempts\. Contact your .+ administrator for help\.$/),
  });
  expect(await deployment.rows(`SELECT FROM mfa.devices WHERE kind = 'webauthn'`)).toEqual([]);
});
