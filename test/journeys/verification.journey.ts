import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, keyOf, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { Mailbox } from '../support/mailbox.js';
import { followLink, LINK_QUESTION } from '../support/mailed-links.js';
import { describeWithNats } from '../support/nats.js';
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

const entries = [
  userEntry('alice'),
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
});
