import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { Mailbox } from '../support/mailbox.js';
import { confirmLink, LINK_QUESTION } from '../support/mailed-links.js';
import { describeWithNats } from '../support/nats.js';
import { PageSocket } from '../support/page-socket.js';
import { readMail } from '../support/read-mail.js';

const SENT = [{ string: 'email-sent', code: 'email-sent' }];
const UNSENT = [{ string: expect.stringContaining('No email was sent'), code: 'email-unsent' }];
const LIMITED = {
  ...EMAIL,
  attrs: {
    ...{ ...EMAIL.attrs, token_expiry: 'hours=1', template: 'email/invitation.html' },
    ...{ recovery_max_attempts: 2, recovery_cache_timeout: 'hours=1' },
  },
};

describeWithNats('mails of 2026.8', () => {
  let deployment: Deployment;
  let mailbox: Mailbox;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    deployment = await Deployment.open({
      apiVersion: '2026.8',
      blueprints: [
        blueprint(
          ...['alice', 'bob'].map((name) => userEntry(name)),
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
          flowEntries('back', [IDENTIFICATION, LIMITED, LOGIN], { designation: 'recovery' }),
          flowEntries(
            'silent',
            [IDENTIFICATION, { ...LIMITED, attrs: { ...LIMITED.attrs, recovery_max_attempts: 0 } }],
            {
              designation: 'recovery',
            },
          ),
        ),
      ],
      services: ['identification', 'password', 'session', 'enrollment', 'courier'],
      environment: { ...mailbox.settings, EMAIL_RESEND_S: '0', EMAIL_MAILS: '10' },
      gateway: { TRUSTED_PROXIES: '127.0.0.1' },
    });
  });
  afterAll(async () => {
    await deployment?.close();
    await mailbox?.close();
  });

  const send = (browser: Browser, [slug, from]: readonly [slug: string, from: string], body: object) =>
    browser.fetch(`/api/v3/flows/executor/${slug}/?query=`, {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
    });
  const errorsOf = ({ body }: BrowserResponse) =>
    (body['response_errors'] as { non_field_errors?: unknown } | undefined)?.non_field_errors;

  it('are resent up to the limit of the stage for a username in all sessions, but each session gets a first mail', async () => {
    for (const [name, mails] of [
      ['alice', 5],
      ['nobody', 0],
    ] as const) {
      const anonymous = deployment.browser();
      expect(errorsOf(await send(anonymous, ['back', '198.51.100.1'], { uid_field: name }))).toBeUndefined();
      for (const expected of [SENT, SENT, UNSENT])
        expect(errorsOf(await send(anonymous, ['back', '198.51.100.1'], {}))).toEqual(expected);

      const user = deployment.browser();
      expect(errorsOf(await send(user, ['back', '203.0.113.7'], { uid_field: name }))).toBeUndefined();
      const page = await PageSocket.open(deployment.url, {
        ...{ cookie: `authentik_session=${user.cookie()}`, origin: deployment.url },
      });
      expect(errorsOf(await send(user, ['back', '203.0.113.7'], {}))).toEqual(UNSENT);
      expect(await page.next()).toMatchObject({
        level: 'error',
        message: 'Too many account verification attempts. Please try again after 60 minutes.',
      });
      await page.close();
      if (mails === 0) continue;
      const known = deployment.browser();
      await send(known, ['login', '203.0.113.7'], { uid_field: name });
      await send(known, ['login', '203.0.113.7'], { password: 'correct-horse-7' });
      known.plant(undefined);
      await send(known, ['back', '203.0.113.7'], { uid_field: name });
      expect(errorsOf(await send(known, ['back', '203.0.113.7'], {}))).toEqual(SENT);
      expect((await mailbox.mailTo(`${name}@example.org`, mails + 1)).text).toContain(`${name} is invited to`);
    }
  });

  it('are never resent if recovery_max_attempts is 0', async () => {
    const browser = deployment.browser();
    expect(errorsOf(await browser.solve('silent', { uid_field: 'bob' }))).toBeUndefined();
    expect((await mailbox.mailTo('bob@example.org')).text).toContain('bob is invited to');
    expect(errorsOf(await browser.solve('silent', {}))).toEqual(UNSENT);
  });

  it('have a link that asks for consent, and reports a wrong consent token', async () => {
    const browser = deployment.browser();
    await browser.solve('back', { uid_field: 'bob@example.org' });
    const mail = await mailbox.mailTo('bob@example.org', 2);
    expect(mail.text).toContain('for 60 minutes');
    const { query } = readMail(mail);
    const other = deployment.browser();
    const question = await other.show('back', query);
    expect(question.body).toMatchObject({ ...LINK_QUESTION, token: expect.any(String) });
    expect((await other.solve('back', { token: 'x' }, query)).body).toMatchObject({
      ...LINK_QUESTION,
      response_errors: { token: [{ string: 'Invalid consent token, re-showing prompt', code: 'invalid' }] },
    });
    expect((await confirmLink(other, 'back', { query, question })).body).toMatchObject({
      component: 'xak-flow-redirect',
    });
  });
});
