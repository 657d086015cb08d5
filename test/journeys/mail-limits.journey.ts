import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { Mailbox } from '../support/mailbox.js';
import { describeWithNats } from '../support/nats.js';
import { readMail } from '../support/read-mail.js';

const UNSENT = {
  string:
    'No email was sent, because too many were requested. Try again later, or in a browser in which you have logged in before.',
  code: 'email-unsent',
};

describeWithNats('recovery mails that an anonymous visitor requests', () => {
  let deployment: Deployment;
  let mailbox: Mailbox;
  /**
   * `ATTEMPTS_DELAY_S` is so long that no delay ends during the tests. The gateway trusts the tests as a proxy, so that
   * they can send requests from any network.
   */
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    deployment = await Deployment.open({
      blueprints: [
        blueprint(
          ...['alice', 'bob', 'carol', 'dave', 'erin'].map((name) => userEntry(name)),
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
          flowEntries('mailed-login', [IDENTIFICATION, PASSWORD, EMAIL, LOGIN]),
          flowEntries('back', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
        ),
      ],
      services: ['identification', 'password', 'session', 'enrollment', 'courier'],
      environment: { ...mailbox.settings, EMAIL_RESEND_S: '0' },
      gateway: { TRUSTED_PROXIES: '127.0.0.1', ATTEMPTS_DELAY_S: '600' },
    });
  });
  afterAll(async () => {
    await deployment?.close();
    await mailbox?.close();
  });
  beforeEach(() => deployment.rows('DELETE FROM flow.attempts'));

  const send = (browser: Browser, [slug, from]: readonly [slug: string, from: string], body: object) =>
    browser.fetch(`/api/v3/flows/executor/${slug}/?query=`, {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
    });
  const requestMail = (username: string, from: string, browser = deployment.browser()) =>
    send(browser, ['back', from], { uid_field: username });
  const errorsOf = ({ body }: BrowserResponse) =>
    (body['response_errors'] as { non_field_errors?: unknown } | undefined)?.non_field_errors;
  const countMails = async () =>
    (await deployment.rows<{ n: number }>('SELECT coalesce(sum(count), 0)::int AS n FROM flow.mailed'))[0]!.n;

  it('are limited for the network first, and the response says that no mail was sent, for unknown users too', async () => {
    for (const username of ['alice', 'nobody-of-that-name']) {
      const answers = [];
      for (let i = 0; i < 21; i++) answers.push(await requestMail(username, '198.51.100.1'));
      expect(answers.map(({ status }) => status)).toEqual(Array(21).fill(200));
      expect(answers.map(errorsOf)).toEqual([...Array(5).fill(undefined), ...Array(16).fill([UNSENT])]);
    }
    await mailbox.mailTo('alice@example.org', 5);

    const victim = deployment.browser();
    expect(errorsOf(await requestMail('alice', '203.0.113.7', victim))).toBeUndefined();
    const { code } = readMail(await mailbox.mailTo('alice@example.org', 6));
    expect((await send(victim, ['back', '203.0.113.7'], { code })).body).toMatchObject({
      component: 'xak-flow-redirect',
    });
  });

  it('do not count against a browser in which the user has logged in before', async () => {
    const known = deployment.browser();
    await send(known, ['login', '203.0.113.7'], { uid_field: 'bob' });
    await send(known, ['login', '203.0.113.7'], { password: 'correct-horse-7' });
    known.plant(undefined);
    for (let i = 0; i < 30; i++) await requestMail('bob', `198.51.100.${i}`);

    expect(errorsOf(await requestMail('bob', '203.0.113.9'))).toEqual([UNSENT]);
    expect(errorsOf(await requestMail('bob', '203.0.113.7', known))).toBeUndefined();
    await mailbox.mailTo('bob@example.org', 21);
  });

  it('do not count against a visitor who has proved the password', async () => {
    for (let i = 0; i < 30; i++) await requestMail('erin', `198.51.100.${i}`);
    const user = deployment.browser();
    await send(user, ['mailed-login', '203.0.113.7'], { uid_field: 'erin' });

    const mailed = await send(user, ['mailed-login', '203.0.113.7'], { password: 'correct-horse-7' });
    expect(mailed.body).toMatchObject({ component: 'ak-stage-email' });
    expect(errorsOf(mailed)).toBeUndefined();
  });

  it('do not reveal by their limit that a username and a mail address belong to one user (accident 6)', async () => {
    for (const [username, address] of [
      ['alice', 'alice@example.org'],
      ['nobody', 'nobody@example.org'],
    ] as const) {
      for (let i = 0; i < 6; i++) await requestMail(username, '198.51.100.1');
      expect(errorsOf(await requestMail(username, '198.51.100.1'))).toEqual([UNSENT]);
      expect(errorsOf(await requestMail(address, '198.51.100.1'))).toBeUndefined();
    }
  });

  it('and wrong codes for them lock no code for longer than the delay', async () => {
    const [anonymous, user] = [deployment.browser(), deployment.browser()];
    await requestMail('carol', '198.51.100.1', anonymous);
    await send(anonymous, ['back', '198.51.100.1'], { code: '000000' });
    await deployment.rows(
      `UPDATE flow.attempts SET failures = 500, free_at = now(), updated_at = now() WHERE credential LIKE 'email_code%'`,
    );
    await mailbox.mailTo('carol@example.org');
    await requestMail('carol', '203.0.113.7', user);
    const { code } = readMail(await mailbox.mailTo('carol@example.org', 2));

    expect((await send(user, ['back', '203.0.113.7'], { code })).body).toMatchObject({
      component: 'xak-flow-redirect',
    });
  });

  it('are not reported as sent by the page after the limit', async () => {
    for (let i = 0; i < 6; i++) await requestMail('dave', '127.0.0.1');
    await mailbox.mailTo('dave@example.org', 5);
    const before = await countMails();
    const browser = deployment.browser();
    await requestMail('dave', '127.0.0.1', browser);
    const { text } = await browser.fetch('/if/flow/back/');
    expect(text).toContain(UNSENT.string);
    expect(text).not.toContain('We have sent you an email');
    expect(await countMails()).toBe(before);
  });
});
