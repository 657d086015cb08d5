import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SmsServer } from '../../libs/stages/testing/sms-server.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { asking, fieldEntry } from '../support/prompts.js';

const EARLY = { string: 'Please wait a moment before you ask for another code.', code: 'invalid' };
const UNSENT = { string: 'The message could not be sent. Please try again later.', code: 'invalid' };

let sms: SmsServer;
let deployment: Deployment;
beforeAll(async () => {
  sms = await SmsServer.open();
  const attrs = {
    provider: 'generic',
    from_number: '+1000',
    account_sid: sms.url,
    auth: 'user',
    auth_password: 'pass',
  };
  const phone = { stage: 'authenticator_sms.authenticatorsmsstage', attrs };
  const setUp = { designation: 'stage_configuration', authentication: 'require_authenticated' };
  const validate = { stage: 'authenticator_validate.authenticatorvalidatestage', attrs: { device_classes: ['sms'] } };
  deployment = await Deployment.open({
    services: [...SERVICES, 'mfa', 'enrollment'],
    environment: { SMS_HOSTS: '127.0.0.1' },
    blueprints: [
      blueprint(
        ['alice', 'bob', 'carol', 'dave'].map((username) => userEntry(username)),
        flowEntries('login', [IDENTIFICATION, PASSWORD, validate, LOGIN]),
        flowEntries('phone', [phone], setUp),
        fieldEntry('number', ['phone', 'text']),
        flowEntries('form', [asking('number', ['phone']), phone], setUp),
      ),
    ],
  });
});
afterAll(async () => {
  await deployment?.close();
  await sms?.close();
});
beforeEach(() => {
  sms.status = 200;
});

/** Ends the resend delay of all messages. */
const endResendDelay = () => deployment.rows(`UPDATE mfa.sends SET sent_at = sent_at - interval '1 minute'`);

async function logInWithPassword(username: string): Promise<Browser> {
  const browser = deployment.browser();
  for (const answer of [{ uid_field: username }, { password: 'correct-horse-7' }]) await browser.solve('login', answer);
  return browser;
}
const isLoggedIn = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status === 200;

const ALICE = '+15550123401';

describe('the setup of a phone', () => {
  it('accepts a number and the code that was sent to it', async () => {
    const browser = await logInWithPassword('alice');
    const form = { component: 'ak-stage-authenticator-sms', phone_number_required: true };
    expect((await browser.show('phone')).body).toMatchObject(form);
    const codeForm = await browser.solve('phone', { phone_number: '+1 (555) 012-3401' });
    expect(codeForm.body).toMatchObject({ ...form, phone_number_required: false, response_errors: {} });
    expect(sms.sent).toMatchObject([{ From: '+1000', To: ALICE, Body: expect.stringMatching(/^\d{6}$/) }]);

    const wrong = { response_errors: { non_field_errors: [{ string: 'Code does not match', code: 'invalid' }] } };
    expect((await browser.solve('phone', { code: sms.otherCode })).body).toMatchObject(wrong);
    expect(await deployment.rows('SELECT FROM mfa.devices')).toEqual([]);
    expect((await browser.solve('phone', { code: sms.code })).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(await deployment.rows('SELECT kind FROM mfa.devices')).toEqual([{ kind: 'sms' }]);
  });

  it('sends no second message during the resend delay, and the first code stays valid', async () => {
    const browser = await logInWithPassword('bob');
    await browser.show('phone');
    await browser.solve('phone', { phone_number: '+15550123402' });
    const before = [...sms.sent];
    const sameNumber = await browser.solve('phone', { phone_number: '+15550123402' });
    expect(sameNumber.body).toMatchObject({ phone_number_required: false, response_errors: {} });
    const otherNumber = await browser.solve('phone', { phone_number: '+15550123403' });
    expect(otherNumber.body).toMatchObject({
      phone_number_required: false,
      response_errors: { non_field_errors: [EARLY] },
    });
    expect(sms.sent).toEqual(before);
    expect((await browser.solve('phone', { code: sms.code })).body).toMatchObject({ component: 'xak-flow-redirect' });
  });

  it('sends one valid code for a form that is submitted twice concurrently', async () => {
    const browser = await logInWithPassword('dave');
    await browser.show('form');
    const before = sms.sent.length;
    let release = () => {};
    sms.delay = new Promise((resolve) => {
      release = resolve;
    });
    const submits = [1, 2].map(() => browser.solve('form', { phone: '+15550123405' }));
    // One submission waits for the provider, so the first response belongs to the other submission.
    await Promise.race(submits);
    release();

    const form = { component: 'ak-stage-authenticator-sms', phone_number_required: false };
    expect((await Promise.all(submits)).map(({ body }) => body)).toMatchObject([form, form]);
    expect(sms.sent.slice(before).map(({ To }) => To)).toEqual(['+15550123405']);
    expect((await browser.solve('form', { code: sms.code })).body).toMatchObject({ component: 'xak-flow-redirect' });
  });

  it('reports a failure of the provider and asks for the number again', async () => {
    const browser = await logInWithPassword('carol');
    await browser.show('phone');
    sms.status = 500;
    const { body } = await browser.solve('phone', { phone_number: '+15550123404' });
    expect(body).toMatchObject({ phone_number_required: true, response_errors: { non_field_errors: [UNSENT] } });
  });
});

describe('a login with a phone', () => {
  /** Enters the right password of alice. Returns the browser and the challenge of her phone. */
  async function reachValidation() {
    await endResendDelay();
    const browser = await logInWithPassword('alice');
    const { body } = await browser.show('login');
    expect(body).toMatchObject({ component: 'ak-stage-authenticator-validate' });
    const [selected_challenge] = body['device_challenges'] as [{ device_class: string }];
    expect(selected_challenge).toMatchObject({ device_class: 'sms', challenge: {} });
    return { browser, selected_challenge };
  }

  it('sends one code when the phone is selected, and accepts only that code', async () => {
    const { browser, selected_challenge } = await reachValidation();
    const before = sms.sent.length;
    for (const _ of ['chosen', 'chosen again'])
      expect((await browser.solve('login', { selected_challenge })).body).not.toHaveProperty('response_errors');
    expect(sms.sent.slice(before).map(({ To }) => To)).toEqual([ALICE]);

    const wrong = await browser.solve('login', { code: sms.otherCode, selected_challenge });
    expect(wrong.body).toMatchObject({
      response_errors: { code: [{ string: expect.stringMatching(/^Invalid Token/) }] },
    });
    expect(await isLoggedIn(browser)).toBe(false);
    await deployment.rows('UPDATE flow.attempts SET free_at = now()');
    const accepted = await browser.solve('login', { code: sms.code, selected_challenge });
    expect(accepted.body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(await isLoggedIn(browser)).toBe(true);
  });

  it('reports that a message was not sent, and accepts no earlier code', async () => {
    const { browser, selected_challenge } = await reachValidation();
    sms.status = 503;
    const { body } = await browser.solve('login', { selected_challenge });
    expect(body).toMatchObject({ response_errors: { selected_challenge: [UNSENT] } });
    await browser.solve('login', { code: sms.code, selected_challenge });
    expect(await isLoggedIn(browser)).toBe(false);
  });
});

it('failures are logged without phone numbers, and phone numbers are stored sealed or hashed', async () => {
  // A process writes its log in order: once this line is written, all earlier lines are written too.
  const lastLine = deployment.says('gateway', /"flow":"phone",.*"outcome":"denied"/);
  await deployment.browser().show('phone');
  await lastLine;
  const log = deployment.output('gateway');
  expect(log).toContain('a text message was not sent');
  const rows = await deployment.rows('SELECT d::text FROM mfa.devices d UNION ALL SELECT s::text FROM mfa.sends s');
  for (const text of [log, JSON.stringify(rows)]) expect(text).not.toMatch(/555.{0,3}012.?34/);
});
