import { afterAll, beforeAll, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import {
  blueprint,
  EMAIL,
  flowEntries,
  IDENTIFICATION,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { Mailbox } from '../support/mailbox.js';
import { confirmLink, followLink, LINK_QUESTION } from '../support/mailed-links.js';
import { describeWithNats } from '../support/nats.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { readMail } from '../support/read-mail.js';

const KEY = 'b'.repeat(40); // not-a-secret
const OLD = 'correct-horse-7';
const NEW = { password: 'another-horse-8', password_repeat: 'another-horse-8' };
const OTHER = flowEntries('other', [
  {
    ...EMAIL,
    attrs: { ...EMAIL.attrs, subject: 'Welcome to us', template: 'email/account_confirmation.html', token_expiry: 10 },
  },
]);
const CODES = flowEntries('codes', [{ ...EMAIL, attrs: { ...EMAIL.attrs, template: 'email/email_otp.html' } }]);
const RECOVERY = blueprint(
  ...[fieldEntry('new', ['password', 'password']), fieldEntry('new', ['password_repeat', 'password'])],
  flowEntries(
    'back',
    [
      IDENTIFICATION,
      { ...EMAIL, attrs: { ...EMAIL.attrs, subject: 'Choose a new password', token_expiry: 45 } },
      ...[asking('new', ['password', 'password_repeat']), writing('never_create'), LOGIN],
    ],
    { designation: 'recovery', authentication: 'require_unauthenticated' },
  ),
);
const UNKNOWN = '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01';

describeWithNats.each(['2024.8', '2026.8'] as const)('a recovery mail of the API under %s', (apiVersion) => {
  let deployment: Deployment;
  let mailbox: Mailbox;
  let admin: Browser;
  let stage: string;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    deployment = await Deployment.open({
      apiVersion,
      services: ['identification', 'password', 'session', 'enrollment', 'mfa', 'consent', 'courier'],
      environment: mailbox.settings,
      gateway: { MAIL_REQUESTS_FREE: '3', ATTEMPTS_DELAY_S: '600', RECOVERY_LINK_MAX_S: '172800' },
      blueprints: [
        blueprint(
          ...['admin', 'root', 'alice', 'bob', 'carol', 'dave'].map((name) => userEntry(name)),
          userEntry('erin', { email: '' }),
          administratorsEntry('admin', 'root'),
          tokenEntry('admin', KEY),
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
          OTHER,
          // 2024.8 has no such template.
          apiVersion === '2024.8' ? [] : CODES,
        ),
      ],
    });
    admin = await login('admin');
  }, 120_000);
  afterAll(async () => {
    await deployment?.close();
    await mailbox?.close();
  });

  async function login(username: string, password = OLD): Promise<Browser> {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: username });
    await browser.solve('login', { password });
    return browser;
  }
  const stageId = async (name: string) => {
    const [object] = await deployment.rows(`SELECT id FROM flow.objects WHERE identifiers->>'name' = $1`, [name]);
    return String(object?.['id']);
  };
  const pathOf = async (username: string) => {
    const [user] = await deployment.rows('SELECT pk FROM directory.users WHERE username = $1', [username]);
    return `/api/v3/core/users/${user!['pk']}/recovery_email/`;
  };
  const inQuery = (fields: object) => [`?${new URLSearchParams({ ...fields })}`, { method: 'POST' }] as const;
  const inBody = (fields: object) => {
    const headers = { 'content-type': 'application/json' };
    return ['', { method: 'POST', headers, body: JSON.stringify(fields) }] as const;
  };
  const [ofThisLine, ofTheOther] = apiVersion === '2024.8' ? [inQuery, inBody] : [inBody, inQuery];
  async function send(
    username: string,
    fields: object = { email_stage: stage },
    { browser = admin, form = ofThisLine } = {},
  ) {
    const [query, init] = form(fields);
    return browser.fetch((await pathOf(username)) + query, init);
  }
  const byToken = async (username: string) => {
    const [query, init] = ofThisLine({ email_stage: stage });
    const headers = { ...('headers' in init ? init.headers : {}), authorization: `Bearer ${KEY}` };
    return (await fetch(deployment.url + (await pathOf(username)) + query, { ...init, headers })).status;
  };
  const mailTo = async (username: string, nth = 1) => {
    const mail = await mailbox.mailTo(`${username}@example.org`, nth);
    return { mail, ...readMail(mail) };
  };
  const secondsOfLink = async (username: string) => {
    const [link] = await deployment.rows(
      `SELECT round(extract(epoch FROM expires_at - now()) / 60)::int * 60 AS seconds
       FROM flow.resume_tokens t JOIN directory.users u ON u.id = t.user_id WHERE username = $1`,
      [username],
    );
    return link?.['seconds'];
  };

  it('needs a recovery flow', async () => {
    stage = await stageId('other 0 email.emailstage');
    expect(await send('alice')).toMatchObject({ status: 400, body: { non_field_errors: ['No recovery flow set.'] } });
    await deployment.apply(RECOVERY);
    stage = await stageId('back 1 email.emailstage');
  });

  it('has a link with which the user sets a password once, in any browser, and which verifies the address', async () => {
    await deployment.rows(`UPDATE directory.users SET verified_email = '' WHERE username = 'alice'`);
    const sent = await send('alice');
    expect([sent.status, sent.body]).toEqual([204, {}]);
    const { mail, link, query, code } = await mailTo('alice');
    expect(mail.subject).toBe('Choose a new password');
    expect(mail.text).toContain('for 45 minutes');
    expect(link.href).toMatch(new RegExp(`^${deployment.url}/if/flow/back/\\?flow_token=[A-Za-z0-9]{60}$`));
    expect(code).toBe('');

    const [scanner, browser] = [deployment.browser(), deployment.browser()];
    for (let i = 0; i < 2; i++) expect((await scanner.show('back', query)).body).toMatchObject(LINK_QUESTION);
    expect((await followLink(browser, 'back', query)).body).toMatchObject({ component: 'ak-stage-prompt' });
    await browser.solve('back', NEW);
    expect(await usernameOf(browser)).toBe('alice');
    expect(await usernameOf(await login('alice', NEW.password))).toBe('alice');
    expect((await deployment.browser().show('back', query)).body).toMatchObject({
      response_errors: { non_field_errors: [{ code: 'link-used' }] },
    });
    const [user] = await deployment.rows(`SELECT verified_email FROM directory.users WHERE username = 'alice'`);
    expect(user).toEqual({ verified_email: 'alice@example.org' });
    const token = link.searchParams.get('flow_token')!;
    for (const process of ['gateway', 'courier']) expect(deployment.output(process)).not.toContain(token);
  });

  it('replaces the older link, and has template, subject and lifetime of its stage, even of another flow', async () => {
    await send('bob');
    const older = await mailTo('bob');
    expect(await secondsOfLink('bob')).toBe(46 * 60);
    const opened = deployment.browser();
    const question = await opened.show('back', older.query);
    await send('bob', { email_stage: (await stageId('other 0 email.emailstage')).toUpperCase() });
    const newer = await mailTo('bob', 2);
    expect([newer.mail.subject, newer.link.pathname]).toEqual(['Welcome to us', '/if/flow/back/']);
    expect(newer.mail.text).toContain('for 10 minutes');
    expect(await secondsOfLink('bob')).toBe(11 * 60);
    expect((await confirmLink(opened, 'back', { query: older.query, question })).body).toMatchObject({
      component: 'ak-stage-access-denied',
    });
  });

  it('is not sent to a user without an address, nor with an unknown stage', async () => {
    const refused = (errors: object) => ({ status: 400, body: errors });
    const mailed = mailbox.mails.length;
    const queued = () => deployment.rows<{ id: string }>('SELECT id FROM flow.outbox');
    // A courier deletes a row only after the mail has arrived, so a row of an earlier test may be left.
    const earlier = new Set((await queued()).map(({ id }) => id));
    expect(await send('erin')).toMatchObject(
      refused({ non_field_errors: ['User does not have an email address set.'] }),
    );
    const unknown = refused({
      non_field_errors: [apiVersion === '2024.8' ? 'Email stage does not exist.' : 'Email stage not found.'],
    });
    for (const email_stage of [await stageId('back 0 identification.identificationstage'), UNKNOWN])
      expect(await send('carol', { email_stage })).toMatchObject(unknown);
    const invalid = apiVersion === '2024.8' ? unknown : refused({ email_stage: ['Must be a valid UUID.'] });
    expect(await send('carol', { email_stage: 'back' })).toMatchObject(invalid);
    const missing = apiVersion === '2024.8' ? unknown : refused({ email_stage: ['This field is required.'] });
    expect(await send('carol', {})).toMatchObject(missing);
    expect(await send('carol', { email_stage: stage }, { form: ofTheOther })).toMatchObject(missing);
    expect(await secondsOfLink('carol')).toBeUndefined();
    expect((await queued()).filter(({ id }) => !earlier.has(id))).toEqual([]);
    expect(mailbox.mails).toHaveLength(mailed);
  });

  it.runIf(apiVersion === '2026.8')('is not sent with a template without a link', async () => {
    expect(await send('carol', { email_stage: await stageId('codes 0 email.emailstage') })).toMatchObject({
      ...{ status: 400, body: { email_stage: ['The template of this stage has no link.'] } },
    });
    expect(await secondsOfLink('carol')).toBeUndefined();
  });

  it('is invalid after the mail address of the user has changed', async () => {
    expect(await byToken('carol')).toBe(204);
    const { query } = await mailTo('carol');
    await deployment.rows(`UPDATE directory.users SET email = 'moved@example.org' WHERE username = 'carol'`);
    expect((await deployment.browser().show('back', query)).body).toMatchObject({
      response_errors: { non_field_errors: [{ code: 'link-used' }] },
    });
  });

  it('is sent at most MAIL_REQUESTS_FREE times to a user before delays begin', async () => {
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await send('dave'));
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 429]);
    expect(Number(answers[3]!.headers.get('retry-after'))).toBeGreaterThan(0);
    await mailTo('dave', 3);
    const visitor = deployment.browser();
    expect((await visitor.solve('back', { uid_field: 'dave' })).body).toMatchObject({ component: 'ak-stage-email' });
    await mailTo('dave', 4);
  });

  it('needs a superuser, who must have a session with a recent login if the recipient is a superuser too', async () => {
    expect((await send('dave', {}, { browser: await login('bob') })).status).toBe(403);
    expect((await send('dave', {}, { browser: deployment.browser() })).status).toBe(403);
    expect((await admin.fetch('/api/v3/core/users/2147483647/recovery_email/', { method: 'POST' })).status).toBe(404);
    expect(await byToken('root')).toBe(403);
    expect((await send('root')).status).toBe(204);
    await mailTo('root');
    await deployment.rows(`UPDATE flow.sessions SET data = data || '{"login_at": "2026-01-01T00:00:00Z"}'`);
    expect(await send('root')).toMatchObject({ status: 403, body: { code: 'proof_required' } });
    admin = await login('admin');
  });

  it.runIf(apiVersion === '2026.8')(
    'has a link that lasts for `token_duration`, which overrides the lifetime of the stage',
    async () => {
      expect((await send('admin', { email_stage: stage, token_duration: 'hours=3;minutes=1' })).status).toBe(204);
      expect((await mailTo('admin')).mail.text).toContain('for 181 minutes');
      expect(await secondsOfLink('admin')).toBe(182 * 60);
      for (const [token_duration, error] of [
        ['soon', `soon is not in the correct format of 'hours=3;minutes=1'.`],
        ['days=3', 'Ensure this is from 1 to 172800 seconds.'],
      ])
        expect(await send('admin', { email_stage: stage, token_duration })).toMatchObject({
          ...{ status: 400, body: { token_duration: [error] } },
        });
    },
  );
});
