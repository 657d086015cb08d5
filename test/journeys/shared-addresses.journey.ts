import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { Mailbox } from '../support/mailbox.js';
import { followLink } from '../support/mailed-links.js';
import { describeWithNats } from '../support/nats.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { readMail } from '../support/read-mail.js';

const FIELDS = ['username', 'email', 'password', 'password_repeat'] as const;
const PASSWORDS = ['password', 'password_repeat'] as const;
const mail = (template: string) => ({
  stage: 'email.emailstage',
  attrs: { use_global_settings: true, template: `email/${template}.html`, activate_user_on_success: true },
});
const inactive = {
  stage: 'user_write.userwritestage',
  attrs: { user_creation_mode: 'always_create', create_users_as_inactive: true },
};
const DONE = { component: 'xak-flow-redirect', to: '/' };
const SHARED = 'shared@example.org';

describeWithNats('an email address of several accounts', () => {
  let deployment: Deployment;
  let mailbox: Mailbox;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    deployment = await Deployment.open({
      blueprints: [
        blueprint(
          ...[userEntry('twin', { email: SHARED }), userEntry('twin-2', { email: SHARED })],
          ...FIELDS.map((key) => fieldEntry('new', [key, key === 'password_repeat' ? 'password' : key])),
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
          flowEntries('enrol', [asking('new', FIELDS), inactive, mail('account_confirmation'), LOGIN]),
          flowEntries('enrol-without-mail', [asking('new', FIELDS), writing('always_create'), LOGIN]),
          flowEntries('confirm', [IDENTIFICATION, mail('account_confirmation'), LOGIN]),
          flowEntries(
            'recover',
            [IDENTIFICATION, mail('password_reset'), asking('new', PASSWORDS), writing('never_create'), LOGIN],
            { designation: 'recovery' },
          ),
        ),
      ],
      services: ['identification', 'password', 'session', 'enrollment', 'mfa', 'policy', 'courier'],
      environment: mailbox.settings,
    });
  });
  afterAll(async () => {
    await deployment?.close();
    await mailbox?.close();
  });

  async function enrol(username: string, email: string, flow: 'enrol' | 'enrol-without-mail' = 'enrol') {
    const browser = deployment.browser();
    const password = `password of ${username}`;
    const { body } = await browser.solve(flow, { username, email, password, password_repeat: password });
    expect(body).toMatchObject(flow === 'enrol' ? { component: 'ak-stage-email' } : DONE);
    return browser;
  }
  /** Enrols a user who confirms the address. */
  async function enrolVerified(username: string): Promise<string> {
    const email = `${username}@example.org`;
    const browser = await enrol(username, email);
    const { code } = readMail(await mailbox.mailTo(email));
    expect((await browser.solve('enrol', { code })).body).toMatchObject(DONE);
    return email;
  }
  /** Logs in with an identifier and the password of `username`. Returns the name of the user who is logged in then. */
  async function logIn(uid_field: string, username: string, password = `password of ${username}`) {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field });
    await browser.solve('login', { password });
    const { body } = await browser.fetch('/api/v3/core/users/me/');
    return (body['user'] as { username?: string } | undefined)?.username;
  }

  it('logs in and recovers the user who has confirmed it, although another visitor enrols with it and never confirms', async () => {
    const email = await enrolVerified('victoria');
    await enrol('squatter', email);
    await enrol('squatter-without-mail', email, 'enrol-without-mail');
    expect(await logIn(email, 'victoria')).toBe('victoria');
    expect(await logIn('squatter-without-mail', 'squatter-without-mail')).toBe('squatter-without-mail');

    // Mails that are sent concurrently may arrive in any order.
    await mailbox.mailTo(email, 2);
    await deployment.browser().solve('recover', { uid_field: email });
    const message = await mailbox.mailTo(email, 3);
    const [reader, password] = [deployment.browser(), 'a new password'];
    await followLink(reader, 'recover', readMail(message).query);
    await reader.solve('recover', { password, password_repeat: password }, readMail(message).query);
    expect(await logIn(email, 'victoria', password)).toBe('victoria');
    expect(mailbox.mails.filter(({ recipients }) => recipients.includes(email))).toHaveLength(3);
  });

  it('belongs to the user who confirms it, even if the other account is older and active', async () => {
    await enrol('early', 'late@example.org', 'enrol-without-mail');
    expect(await logIn('late@example.org', 'early')).toBe('early');
    await enrolVerified('late');
    expect(await logIn('late@example.org', 'late')).toBe('late');
    expect(await logIn('late@example.org', 'early')).toBeUndefined();
  });

  it('identifies no user while several active accounts have it, until one of them confirms it', async () => {
    const email = 'both@example.org';
    await enrol('both-1', email, 'enrol-without-mail');
    await enrol('both-2', email, 'enrol-without-mail');
    expect(await logIn(email, 'both-1')).toBeUndefined();

    const browser = deployment.browser();
    await browser.solve('confirm', { uid_field: 'both-2' });
    await browser.solve('confirm', { code: readMail(await mailbox.mailTo(email)).code });
    expect(await logIn(email, 'both-2')).toBe('both-2');
    expect(await logIn(email, 'both-1')).toBeUndefined();
  });

  it('identifies no user if an administrator has given it to two users', async () => {
    for (const username of ['twin', 'twin-2']) expect(await logIn(SHARED, username, 'correct-horse-7')).toBeUndefined();
  });

  it('still identifies its user after other accounts have taken it as their username or address', async () => {
    const email = await enrolVerified('wanda');
    const password = 'password of squatter';
    const own = { password, password_repeat: password };
    for (const names of [
      { username: email, email: 'squatter-2@example.org' },
      { username: 'squatter-3', email: 'wanda@example.org' },
    ])
      await deployment.browser().solve('enrol-without-mail', { ...names, ...own });
    // An administrator can give a user the address of another user as a name.
    await deployment.apply(blueprint(userEntry(email, { email: '' })));
    expect(await logIn(email, 'wanda')).toBe('wanda');
    expect(await logIn('wanda', 'wanda')).toBe('wanda');
  });
});
