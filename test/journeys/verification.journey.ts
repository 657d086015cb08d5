import { cloudEvent } from '@gatehouse/contracts';
import { connect } from '@nats-io/transport-node';
import { generateSync, ScureBase32Plugin } from 'otplib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  EMAIL,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { Mailbox } from '../support/mailbox.js';
import { followLink, LINK_QUESTION } from '../support/mailed-links.js';
import { describeWithNats } from '../support/nats.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';
import { readMail } from '../support/read-mail.js';

const field = (key: string, type: string, order: number) => ({
  model: 'authentik_stages_prompt.prompt',
  id: `field ${key}`,
  identifiers: { name: `field ${key}` },
  attrs: { field_key: key, label: key, type, required: true, placeholder: key, order },
});
const form = (...keys: readonly string[]) => ({
  stage: 'prompt.promptstage',
  attrs: { fields: keys.map((key) => keyOf(`field ${key}`)) },
});
const mail = (template: string) => ({
  stage: 'email.emailstage',
  attrs: { use_global_settings: true, template: `email/${template}.html`, activate_user_on_success: true },
});
const write = (attrs: object) => ({ stage: 'user_write.userwritestage', attrs: { ...attrs } });

const CODES = { stage: 'authenticator_totp.authenticatortotpstage', attrs: { digits: 6 } };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['totp'], not_configured_action: 'deny' },
};

const entries = [
  ...[userEntry('alice'), userEntry('carol')],
  ...[field('username', 'username', 0), field('password', 'password', 1), field('password_repeat', 'password', 2)],
  ...[field('name', 'text', 3), field('email', 'email', 4)],
  flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
  flowEntries(
    'enroll',
    [
      ...[form('username', 'password', 'password_repeat'), form('name', 'email')],
      write({ create_users_as_inactive: true, user_creation_mode: 'always_create' }),
      ...[mail('account_confirmation'), LOGIN],
    ],
    { designation: 'enrollment', authentication: 'require_unauthenticated' },
  ),
  flowEntries(
    'recover',
    [
      ...[IDENTIFICATION, mail('password_reset'), form('password', 'password_repeat')],
      ...[write({ user_creation_mode: 'never_create' }), LOGIN],
    ],
    { designation: 'recovery', authentication: 'require_unauthenticated' },
  ),
  flowEntries('app', [IDENTIFICATION, CODES]),
  flowEntries('helped', [IDENTIFICATION, DUMMY, PASSWORD, VALIDATE, EMAIL, LOGIN]),
  expressionEntry('never', 'return False'),
  boundEntry('helped-1 bound', 'never'),
  {
    model: 'authentik_policies_expression.expressionpolicy',
    id: 'unless restored',
    identifiers: { name: 'unless restored' },
    attrs: { expression: "return bool(request.context.get('is_restored', True))" },
  },
  {
    model: 'authentik_policies.policybinding',
    identifiers: { policy: keyOf('unless restored'), target: keyOf('recover-0 bound'), order: 0 },
    attrs: { negate: false, enabled: true, timeout: 30 },
  },
];
const DONE = { component: 'xak-flow-redirect', to: '/' };

/** Sets up an authenticator app. Returns its key, the code that the setup has used, and another code. */
async function setUpApp(browser: Browser, uid_field: string) {
  const setup = await browser.solve('app', { uid_field });
  const key = new URL((setup.body as { config_url: string }).config_url).searchParams.get('secret')!;
  const secret = new ScureBase32Plugin().decode(key);
  const step = Math.floor(Date.now() / 30_000);
  const codeAt = (at: number) => generateSync({ secret, epoch: at * 30 });
  const [setupCode, loginCode] = [codeAt(step), codeAt(step + 1)];
  await browser.solve('app', { code: setupCode });
  return { key, setupCode, loginCode };
}

describeWithNats('an email step in the middle of a flow', () => {
  let deployment: Deployment;
  let mailbox: Mailbox;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    deployment = await Deployment.open({
      blueprints: [blueprint(...entries)],
      services: ['identification', 'password', 'session', 'enrollment', 'mfa', 'policy', 'courier'],
      environment: mailbox.settings,
    });
  });
  afterAll(async () => {
    await deployment?.close();
    await mailbox?.close();
  });

  async function canLogIn(uid_field: string, password: string): Promise<boolean> {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field });
    return (await browser.solve('login', { password })).body['component'] === DONE.component;
  }

  /** Waits for the next event of an action about a user. The subscription is active when the promise resolves. */
  async function eventOf(action: string, username: string) {
    const listener = await connect({ servers: deployment.nats.url });
    const subscription = listener.subscribe(`events.${action}`);
    await listener.flush();
    const receive = async () => {
      for await (const message of subscription)
        if (cloudEvent.parse(message.json()).data.user?.username === username) break;
      await listener.close();
    };
    return { event: receive() };
  }

  it.each(['link', 'code'] as const)('logs a new user in by the %s and activates the account', async (method) => {
    const [browser, username] = [deployment.browser(), `new-${method}`];
    await browser.show('enroll');
    const password = 'a long enough one';
    await browser.solve('enroll', { username, password, password_repeat: password });
    const waiting = await browser.solve('enroll', { name: 'New', email: `${username}@example.org` });
    expect(waiting.body).toMatchObject({ component: 'ak-stage-email' });
    expect(await canLogIn(username, password)).toBe(false);

    const message = await mailbox.mailTo(`${username}@example.org`);
    const { code, query } = readMail(message);
    expect(message.text).toContain('Confirm your email address');
    const reader = method === 'link' ? deployment.browser() : browser;
    const answer =
      method === 'link' ? await followLink(reader, 'enroll', query) : await reader.solve('enroll', { code });
    expect(answer.body).toMatchObject(DONE);
    expect((await reader.fetch('/api/v3/core/users/me/')).body).toMatchObject({
      user: { username, is_active: true },
    });
    expect(await canLogIn(username, password)).toBe(true);
  });

  it('lets the user choose a new password by the link in any browser, after a link scanner has opened the link', async () => {
    await deployment.browser().solve('recover', { uid_field: 'alice' });
    const { query } = readMail(await mailbox.mailTo('alice@example.org'));
    const [scanner, phone] = [deployment.browser(), deployment.browser()];
    expect((await scanner.show('recover', query)).body).toMatchObject(LINK_QUESTION);
    expect((await followLink(phone, 'recover', query)).body).toMatchObject({ component: 'ak-stage-prompt' });
    const password = 'another long one';
    expect((await phone.solve('recover', { password, password_repeat: 'different' }, query)).body).toHaveProperty(
      'response_errors',
    );
    expect((await phone.solve('recover', { password, password_repeat: password }, query)).body).toMatchObject(DONE);

    expect(await canLogIn('alice', password)).toBe(true);
    expect(await canLogIn('alice', 'correct-horse-7')).toBe(false);
    expect((await scanner.show('recover', query)).body).toMatchObject({
      component: 'ak-stage-access-denied',
      error_message: 'Link was already used, please request a new link.',
    });
    expect((await scanner.show('recover', query)).body).toMatchObject({ component: 'ak-stage-identification' });
  });

  it('does not activate a user whom an administrator has locked before the confirmation (accident 42)', async () => {
    const [browser, password] = [deployment.browser(), 'a long enough one'];
    await browser.show('enroll');
    await browser.solve('enroll', { username: 'unwanted', password, password_repeat: password });
    await browser.solve('enroll', { name: 'New', email: 'unwanted@example.org' });
    const { code } = readMail(await mailbox.mailTo('unwanted@example.org'));
    await deployment.rows(`UPDATE directory.users SET is_active = false WHERE username = 'unwanted'`);
    expect((await browser.solve('enroll', { code })).body).toMatchObject({ component: 'ak-stage-access-denied' });
    expect(await canLogIn('unwanted', password)).toBe(false);
  });

  it('does not log in or activate a user whom an administrator has locked (accident 42)', async () => {
    await deployment.rows(`UPDATE directory.users SET is_active = false WHERE username = 'new-link'`);
    await deployment.browser().solve('recover', { uid_field: 'new-link' });
    const { query } = readMail(await mailbox.mailTo('new-link@example.org', 2));
    const reader = deployment.browser();
    await followLink(reader, 'recover', query);
    const password = 'yet another long one';
    await reader.solve('recover', { password, password_repeat: password }, query);
    expect((await reader.fetch('/api/v3/core/users/me/')).status).toBe(403);
    expect(await canLogIn('new-link', password)).toBe(false);
  });

  it('is shown by npm run flow -- trace, with the other steps, events and mails of its plan, and without secrets', async () => {
    const browser = deployment.browser();
    const sent = await eventOf('email_sent', 'carol');
    const { key, setupCode, loginCode } = await setUpApp(browser, 'carol');
    const logged = deployment.says('gateway', /"flow":"helped"/);
    const identified = await browser.solve('helped', { uid_field: 'carol' });
    await logged;
    const refused = await browser.solve('helped', { password: 'wrong-horse-8' });
    await browser.solve('helped', { password: 'correct-horse-7' });
    await browser.solve('helped', { code: loginCode });
    const mail = readMail(await mailbox.mailTo('carol@example.org'));
    await sent.event;
    const requestId = refused.headers.get('x-authentik-id')!;
    const waiting = await deployment.command('flow', 'trace', requestId);
    const login = await browser.solve('helped', { code: mail.code });
    expect(login.body).toMatchObject({ component: 'xak-flow-redirect' });

    const [, plan = ''] = /^Plan (\S+) of the flow helped, user carol\n/.exec(waiting) ?? [];
    expect(waiting).toMatch(
      / {2}at helped 4 email\.emailstage \(email\), which waits for an answer; session: anonymous;/,
    );
    const done = await deployment.command('flow', 'trace', plan);
    const order = [
      `Plan ${plan} of the flow helped\n  ended, to /; session: logged in; the plan expires \\S+`,
      'begun  the plan begins',
      'step   helped 0 \\S+ \\(identification\\): passed  ms=\\d+',
      'step   helped 1 \\S+ \\(dummy\\): skipped',
      'step   helped 2 \\S+ \\(password\\): rejected',
      `event  login_failed, (?:waits|published)  user="carol".*  request_id="${requestId}"  context=.*"password":"\\*+"`,
      'step   helped 2 \\S+ \\(password\\): passed',
      'step   helped 3 \\S+ \\(authenticator_validate\\): passed',
      'event  email_sent, (?:waits|published)  user="carol".*"to_email":"carol@example.org"',
      'step   helped 4 \\S+ \\(email\\): passed',
      'step   helped 5 \\S+ \\(user_login\\): passed',
      'event  login, (?:waits|published)  user="carol"',
    ];
    expect(done).toMatch(new RegExp(order.join('[^]*'), 'm'));
    const token = mail.link.searchParams.get('flow_token')!;
    const secrets = ['horse', key, setupCode, loginCode, mail.code, token, browser.cookie('authentik_session')!];
    const json = await deployment.command('flow', 'trace', plan, '--json');
    for (const output of [waiting, done, json])
      for (const secret of secrets)
        expect({ secret, isPrinted: output.includes(secret) }).toMatchObject({ isPrinted: false });

    const withoutEvents = identified.headers.get('x-authentik-id')!;
    const search = deployment.command('flow', 'trace', withoutEvents);
    await expect(search).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('Search the logs') });
    const line = deployment
      .output('gateway')
      .split('\n')
      .find((text) => text.includes(withoutEvents));
    expect(line).toContain(`"plan":"${plan}"`);
  });
});
