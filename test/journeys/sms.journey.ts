import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SmsServer } from '../../libs/stages/testing/sms-server.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { asking, fieldEntry } from '../support/prompts.js';

const EARLY = { string: 'Please wait a moment before you ask for another code.', code: 'invalid' };
const UNSENT = { string: 'The message could not be sent. Please try again later.', code: 'invalid' };

let sms: SmsServer;
let house: Deployment;
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
  house = await Deployment.open({
    services: [...SERVICES, 'mfa', 'enrollment'],
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
  await house?.close();
  await sms?.close();
});
beforeEach(() => {
  sms.status = 200;
});

/** Everybody who was sent a message may be sent another one. */
const later = () => house.rows(`UPDATE mfa.sends SET sent_at = sent_at - interval '1 minute'`);

async function identified(username: string): Promise<Browser> {
  const browser = house.browser();
  for (const answer of [{ uid_field: username }, { password: 'correct-horse-7' }]) await browser.solve('login', answer);
  return browser;
}
const isLoggedIn = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status === 200;

const ALICE = '+15550123401';

describe('setting a phone up', () => {
  it('takes a number, and the code that was sent to it', async () => {
    const browser = await identified('alice');
    const form = { component: 'ak-stage-authenticator-sms', phone_number_required: true };
    expect((await browser.show('phone')).body).toMatchObject(form);
    const asked = await browser.solve('phone', { phone_number: '+1 (555) 012-3401' });
    expect(asked.body).toMatchObject({ ...form, phone_number_required: false, response_errors: {} });
    expect(sms.sent).toMatchObject([{ From: '+1000', To: ALICE, Body: expect.stringMatching(/^\d{6}$/) }]);

    const wrong = { response_errors: { non_field_errors: [{ string: 'Code does not match', code: 'invalid' }] } };
    expect((await browser.solve('phone', { code: sms.otherCode })).body).toMatchObject(wrong);
    expect(await house.rows('SELECT FROM mfa.devices')).toEqual([]);
    expect((await browser.solve('phone', { code: sms.code })).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(await house.rows('SELECT kind FROM mfa.devices')).toEqual([{ kind: 'sms' }]);
  });

  it('sends no second message too soon, and the first code goes on counting', async () => {
    const browser = await identified('bob');
    await browser.show('phone');
    await browser.solve('phone', { phone_number: '+15550123402' });
    const before = [...sms.sent];
    const again = await browser.solve('phone', { phone_number: '+15550123402' });
    expect(again.body).toMatchObject({ phone_number_required: false, response_errors: {} });
    const other = await browser.solve('phone', { phone_number: '+15550123403' });
    expect(other.body).toMatchObject({ phone_number_required: false, response_errors: { non_field_errors: [EARLY] } });
    expect(sms.sent).toEqual(before);
    expect((await browser.solve('phone', { code: sms.code })).body).toMatchObject({ component: 'xak-flow-redirect' });
  });

  it('sends one code to a number of a form that is sent twice at once, and the code counts', async () => {
    const browser = await identified('dave');
    await browser.show('form');
    const before = sms.sent.length;
    let release = () => {};
    sms.delay = new Promise((resolve) => {
      release = resolve;
    });
    const submits = [1, 2].map(() => browser.solve('form', { phone: '+15550123405' }));
    // The one that waits for the provider is the later one.
    await Promise.race(submits);
    release();

    const form = { component: 'ak-stage-authenticator-sms', phone_number_required: false };
    expect((await Promise.all(submits)).map(({ body }) => body)).toMatchObject([form, form]);
    expect(sms.sent.slice(before).map(({ To }) => To)).toEqual(['+15550123405']);
    expect((await browser.solve('form', { code: sms.code })).body).toMatchObject({ component: 'xak-flow-redirect' });
  });

  it('says so where the provider takes no message, and asks for the number again', async () => {
    const browser = await identified('carol');
    await browser.show('phone');
    sms.status = 500;
    const { body } = await browser.solve('phone', { phone_number: '+15550123404' });
    expect(body).toMatchObject({ phone_number_required: true, response_errors: { non_field_errors: [UNSENT] } });
  });
});

describe('a login with a phone', () => {
  /** Alice, once her password is right: the phone that she can be asked by. */
  async function asked() {
    await later();
    const browser = await identified('alice');
    const { body } = await browser.show('login');
    expect(body).toMatchObject({ component: 'ak-stage-authenticator-validate' });
    const [selected_challenge] = body['device_challenges'] as [{ device_class: string }];
    expect(selected_challenge).toMatchObject({ device_class: 'sms', challenge: {} });
    return { browser, selected_challenge };
  }

  it('is sent a code when the phone is chosen, no other too soon, and the right one lets in', async () => {
    const { browser, selected_challenge } = await asked();
    const before = sms.sent.length;
    for (const _ of ['chosen', 'chosen again'])
      expect((await browser.solve('login', { selected_challenge })).body).not.toHaveProperty('response_errors');
    expect(sms.sent.slice(before).map(({ To }) => To)).toEqual([ALICE]);

    const wrong = await browser.solve('login', { code: sms.otherCode, selected_challenge });
    expect(wrong.body).toMatchObject({
      response_errors: { code: [{ string: expect.stringMatching(/^Invalid Token/) }] },
    });
    expect(await isLoggedIn(browser)).toBe(false);
    await house.rows('UPDATE flow.attempts SET free_at = now()');
    const right = await browser.solve('login', { code: sms.code, selected_challenge });
    expect(right.body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(await isLoggedIn(browser)).toBe(true);
  });

  it('is told that the message was not sent, and no code of before counts', async () => {
    const { browser, selected_challenge } = await asked();
    sms.status = 503;
    const { body } = await browser.solve('login', { selected_challenge });
    expect(body).toMatchObject({ response_errors: { selected_challenge: [UNSENT] } });
    await browser.solve('login', { code: sms.code, selected_challenge });
    expect(await isLoggedIn(browser)).toBe(false);
  });
});

it('no number stands in any log, though what went wrong does, nor in a row that can be read', async () => {
  // What a process writes comes a little later, and in order.
  const last = house.says('gateway', /"flow":"phone",.*"told":"denied"/);
  await house.browser().show('phone');
  await last;
  const log = house.output('gateway');
  expect(log).toContain('a text message was not sent');
  const rows = await house.rows('SELECT d::text FROM mfa.devices d UNION ALL SELECT s::text FROM mfa.sends s');
  for (const place of [log, JSON.stringify(rows)]) expect(place).not.toMatch(/555.{0,3}012.?34/);
});
