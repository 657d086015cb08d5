import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { Mailbox } from '../support/mailbox.js';
import { confirmLink, followLink, LINK_QUESTION } from '../support/mailed-links.js';
import { describeWithNats } from '../support/nats.js';
import { readMail } from '../support/read-mail.js';

const FLOW = 'mail-login';
const WAITING = { component: 'ak-stage-email' };
const DONE = { component: 'xak-flow-redirect' };
const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };

describeWithNats('the login by mail of docs/how-to/log-in-by-mail.md', () => {
  let deployment: Deployment;
  let mailbox: Mailbox;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    deployment = await Deployment.open({
      blueprints: [
        blueprint(
          ...['alice', 'bob', 'carol', 'dave'].map((name) => userEntry(name)),
          flowEntries('codes', [IDENTIFICATION, CODES], { designation: 'stage_configuration' }),
        ),
      ],
      services: ['identification', 'session', 'enrollment', 'mfa', 'courier'],
      environment: { ...mailbox.settings, EMAIL_RESEND_S: '0' },
      gateway: { TRUSTED_PROXIES: '127.0.0.1', ATTEMPTS_DELAY_S: '600' },
    });
    await deployment.apply(DocumentedCommands.of('docs/how-to/log-in-by-mail.md').block('yaml', /^version: 1/));
  }, 120_000);
  afterAll(async () => {
    await deployment?.close();
    await mailbox?.close();
  });

  const statusOf = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status;
  async function requestMail(username: string, nth = 1) {
    const browser = deployment.browser();
    expect((await browser.solve(FLOW, { uid_field: username })).body).toMatchObject(WAITING);
    return { browser, ...readMail(await mailbox.mailTo(`${username}@example.org`, nth)) };
  }

  it('logs the user in by the code, which invalidates the link', async () => {
    const { browser, code, query } = await requestMail('alice');
    expect((await browser.solve(FLOW, { code })).body).toMatchObject(DONE);
    expect(await statusOf(browser)).toBe(200);
    expect((await deployment.browser().show(FLOW, query)).body).toMatchObject({ component: 'ak-stage-identification' });
  });

  it('logs the user in by the link in another browser, after a confirmation that scanners do not give', async () => {
    const { browser, code, query } = await requestMail('bob');
    const [scanner, phone] = [deployment.browser(), deployment.browser()];
    for (let i = 0; i < 3; i++) expect((await scanner.show(FLOW, query)).body).toMatchObject(LINK_QUESTION);
    const question = await phone.show(FLOW, query);
    expect((await confirmLink(phone, FLOW, { query, question })).body).toMatchObject(DONE);
    expect([await statusOf(phone), await statusOf(scanner), await statusOf(browser)]).toEqual([200, 403, 403]);
    expect((await browser.solve(FLOW, { code })).body).toMatchObject(WAITING);
    expect(await statusOf(browser)).toBe(403);
  });

  it('requires the second factor of a user who has one', async () => {
    const setup = deployment.browser();
    const { codes } = (await setup.solve('codes', { uid_field: 'carol' })).body as unknown as { codes: string[] };
    await setup.solve('codes', {});
    const { query } = await requestMail('carol');
    const phone = deployment.browser();
    expect((await followLink(phone, FLOW, query)).body).toMatchObject({ component: 'ak-stage-authenticator-validate' });
    expect(await statusOf(phone)).toBe(403);
    expect((await phone.solve(FLOW, { code: codes[0] })).body).toMatchObject(DONE);
    expect(await statusOf(phone)).toBe(200);
  });

  it('works for the user while an anonymous visitor requests mails and guesses codes', async () => {
    const send = (browser: Browser, from: string, body: object) =>
      browser.fetch(`/api/v3/flows/executor/${FLOW}/?query=`, {
        ...{ method: 'POST', body: JSON.stringify(body) },
        headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
      });
    const anonymous = deployment.browser();
    for (let i = 0; i < 8; i++) await send(deployment.browser(), '198.51.100.1', { uid_field: 'dave' });
    await send(anonymous, '198.51.100.1', { uid_field: 'dave' });
    for (let i = 0; i < 5; i++) await send(anonymous, '198.51.100.1', { code: '00000x' });
    await mailbox.mailTo('dave@example.org', 5);

    const user = deployment.browser();
    expect((await send(user, '203.0.113.7', { uid_field: 'dave' })).body).toMatchObject(WAITING);
    const { code } = readMail(await mailbox.mailTo('dave@example.org', 6));
    expect((await send(user, '203.0.113.7', { code })).body).toMatchObject(DONE);
  });
});
