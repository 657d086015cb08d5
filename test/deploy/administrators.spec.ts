import { pbkdf2Sync } from 'node:crypto';
import { generateSync, ScureBase32Plugin } from 'otplib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  blueprint,
  EMAIL,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { describeWithNats } from '../support/nats.js';
import { OpenIdProvider } from '../support/openid-provider.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { follow, oauthEntry } from '../support/sources.js';
import { ComposeStack } from './compose-stack.js';

const SERVICES = ['gateway', 'identification', 'password', 'session', 'enrollment', 'mfa', 'policy'];
/** Seven services start, one of them with Python. */
const PATIENCE_MS = 180_000;

const PASSWORD_OF_ALL = 'correct-horse-7';
const FORM = ['password', 'password_repeat'];
const typed = (password: string) => ({ password, password_repeat: password });
const CALLBACK = '/source/oauth/callback/hub/';
const DONE = { component: 'xak-flow-redirect' };
const REFUSED = {
  component: 'ak-stage-access-denied',
  error_message: 'Failed to update user. Please try again later.',
};

const ADMINISTRATORS = ['settler', 'changer', 'loser', 'leaver', 'imported', 'keeper', 'connector'];
const SET_UP = { designation: 'stage_configuration', authentication: 'require_authenticated' };

const joining = (slug: string, group: string) =>
  flowEntries(
    slug,
    [
      asking('join', ['username']),
      {
        stage: 'user_write.userwritestage',
        attrs: { user_creation_mode: 'always_create', create_users_group: keyOf(`group ${group}`) },
      },
    ],
    { designation: 'enrollment' },
  );

const FLOWS = blueprint(
  ...['alice', ...ADMINISTRATORS].map((name) => userEntry(name)),
  {
    ...groupEntry('admins'),
    attrs: {
      is_superuser: true,
      users: ADMINISTRATORS.map((name) => keyOf(`user ${name}`)),
    },
  },
  groupEntry('operators', { parent: 'admins' }),
  groupEntry('staff'),
  fieldEntry('new', ['password', 'password']),
  fieldEntry('new', ['password_repeat', 'password']),
  fieldEntry('join', ['username', 'username']),
  flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
  flowEntries('back', [IDENTIFICATION, EMAIL, asking('new', FORM), writing('never_create'), LOGIN], {
    designation: 'recovery',
  }),
  flowEntries('expired', [IDENTIFICATION, PASSWORD, asking('new', FORM), writing('never_create'), LOGIN]),
  flowEntries('leave', [{ stage: 'user_delete.userdeletestage' }], {
    designation: 'unenrollment',
    authentication: 'require_authenticated',
  }),
  flowEntries('codes', [{ stage: 'authenticator_static.authenticatorstaticstage' }], SET_UP),
  flowEntries('app', [{ stage: 'authenticator_totp.authenticatortotpstage', attrs: { digits: 6 } }], SET_UP),
  joining('join-staff', 'staff'),
  joining('join-admins', 'admins'),
  joining('join-operators', 'operators'),
);

const CLIENT = { client_id: 'gatehouse', client_secret: 'hush hush' };
const sourceAt = (provider: string) =>
  blueprint(
    flowEntries('known', [LOGIN]),
    flowEntries('new', [writing('always_create'), LOGIN], { designation: 'enrollment' }),
    oauthEntry('hub', {
      ...{ consumer_key: CLIENT.client_id, consumer_secret: CLIENT.client_secret, user_matching_mode: 'email_link' },
      oidc_well_known_url: `${provider}/.well-known/openid-configuration`,
    }),
  );

describeWithNats('an administrator, where each service has its own role', () => {
  let stack: ComposeStack;
  let provider: OpenIdProvider;
  beforeAll(async () => {
    stack = await ComposeStack.open();
    await stack.apply(FLOWS);
    const defaults = ['default-password-change', 'default-user-settings-flow'].map((name) => `blueprints/${name}.yaml`);
    await stack.applyFiles(...defaults);
    const redirect_uris = [`${stack.url}${CALLBACK}`];
    provider = await OpenIdProvider.open({ ...CLIENT, redirect_uris });
    await stack.apply(sourceAt(provider.url));
    await Promise.all(SERVICES.map((service) => stack.startHosted(service, { SOURCE_HOSTS: '127.0.0.1' })));
  }, PATIENCE_MS);
  afterAll(() => Promise.all([stack?.close(), provider?.close()]));

  const rows = async (sql: string, ...values: unknown[]) =>
    (await stack.as('operator', (client) => client.query(sql, values))).rows;
  const userOf = async (username: string) =>
    (await rows('SELECT * FROM directory.users WHERE username = $1', username))[0];
  const statusOf = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status;

  async function loggedIn(username: string, password = PASSWORD_OF_ALL): Promise<Browser> {
    const browser = new Browser(stack.url);
    await browser.solve('login', { uid_field: username });
    await browser.solve('login', { password });
    return browser;
  }

  it('changes the own password by the default flow, and stays logged in', async () => {
    const browser = await loggedIn('changer');
    await browser.solve('default-password-change', { password: PASSWORD_OF_ALL });
    expect((await browser.solve('default-password-change', typed('another-horse-8'))).body).toMatchObject(DONE);
    expect(await statusOf(browser)).toBe(200);
    expect(await statusOf(await loggedIn('changer'))).toBe(403);
    expect(await statusOf(await loggedIn('changer', 'another-horse-8'))).toBe(200);
  });

  it('changes the own settings by the default flow', async () => {
    const browser = await loggedIn('settler');
    const settings = { name: 'Ada', 'attributes.settings.locale': 'de' };
    expect((await browser.solve('default-user-settings-flow', settings)).body).toMatchObject(DONE);
    expect(await userOf('settler')).toMatchObject({ name: 'Ada', attributes: { settings: { locale: 'de' } } });
  });

  it('recovers the account by a mailed link', async () => {
    const link = new URL((await stack.user('recovery-link', 'loser', '--flow', 'back')).trim());
    const browser = new Browser(stack.url);
    await browser.solve('back', {}, link.search.slice(1));
    expect((await browser.solve('back', typed('another-horse-8'))).body).toMatchObject(DONE);
    expect(await statusOf(browser)).toBe(200);
    expect(await statusOf(await loggedIn('loser', 'another-horse-8'))).toBe(200);
  });

  it('replaces the own password on the way in', async () => {
    const browser = new Browser(stack.url);
    await browser.solve('expired', { uid_field: 'loser' });
    await browser.solve('expired', { password: 'another-horse-8' });
    expect((await browser.solve('expired', typed('third-horse-9'))).body).toMatchObject(DONE);
    expect(await statusOf(await loggedIn('loser', 'third-horse-9'))).toBe(200);
  });

  it('deletes the own account', async () => {
    const browser = await loggedIn('leaver');
    expect((await browser.show('leave')).body).toMatchObject(DONE);
    expect(await userOf('leaver')).toBeUndefined();
  });

  it.each(['join-admins', 'join-operators'])('is not made by an enrolment: %s is refused in words', async (slug) => {
    expect((await new Browser(stack.url).solve(slug, { username: `new by ${slug}` })).body).toMatchObject(REFUSED);
    expect(await userOf(`new by ${slug}`)).toBeUndefined();
    expect((await new Browser(stack.url).solve('join-staff', { username: `staff by ${slug}` })).body).toMatchObject(
      DONE,
    );
    expect(await userOf(`staff by ${slug}`)).toBeDefined();
  });

  it('logs in by an outdated hash that stays, while that of an ordinary user is renewed', async () => {
    const digest = pbkdf2Sync(PASSWORD_OF_ALL, 'salt', 1000, 32, 'sha256').toString('base64');
    const outdated = `pbkdf2_sha256$1000$salt$${digest}`;
    await rows(`UPDATE directory.users SET password_hash = $1 WHERE username IN ('imported', 'alice')`, outdated);
    for (const name of ['imported', 'alice']) expect(await statusOf(await loggedIn(name))).toBe(200);
    expect(await userOf('imported')).toMatchObject({ password_hash: outdated });
    expect(await userOf('alice')).toMatchObject({ password_hash: expect.stringMatching(/^\$argon2id\$/) });
    expect(await statusOf(await loggedIn('alice'))).toBe(200);
  });

  it('sets up recovery codes, logs in with one of them, and adds an app', async () => {
    const browser = await loggedIn('keeper');
    const { body } = await browser.show('codes');
    expect((await browser.solve('codes', {})).body).toMatchObject(DONE);
    const [code] = body['codes'] as string[];
    const shown = await browser.show('app');
    expect(shown.body).toMatchObject({ component: 'ak-stage-authenticator-validate' });
    const asked = await browser.solve('app', { code });
    expect(asked.body).toMatchObject({ component: 'ak-stage-authenticator-totp' });
    const secret = new URL(asked.body['config_url'] as string).searchParams.get('secret')!;
    const typed = { code: generateSync({ secret, base32: new ScureBase32Plugin() }) };
    expect((await browser.solve('app', typed)).body).toMatchObject(DONE);
    const kinds = 'SELECT kind FROM mfa.devices d JOIN directory.users u ON u.id = d.user_id';
    expect(await rows(`${kinds} WHERE username = 'keeper' ORDER BY 1`)).toEqual([{ kind: 'static' }, { kind: 'totp' }]);
  });

  it('connects accounts of a source, when logged in and by a flow that an address leads to', async () => {
    const connect = async (browser: Browser, sub: string) => {
      provider.person = { sub, email: 'connector@example.org', email_verified: true };
      const sent = await browser.fetch('/source/oauth/login/hub/');
      const answer = await provider.walk(sent.headers.get('location') ?? '', `${stack.url}${CALLBACK}`);
      return browser.fetch(`${CALLBACK}?${new URLSearchParams(answer)}`);
    };
    const page = await connect(await loggedIn('connector'), 'logged in');
    expect(page.headers.get('location')).toContain('page-sources');
    const browser = new Browser(stack.url);
    expect((await follow(browser, await connect(browser, 'by address'))).body).toMatchObject(DONE);
    expect(await statusOf(browser)).toBe(200);
    expect(await rows('SELECT identifier FROM identification.connections ORDER BY 1')).toEqual([
      ...[{ identifier: 'by address' }, { identifier: 'logged in' }],
    ]);
  });

  it('is out of reach of a service that was taken over, also while a visitor names them', async () => {
    const visitor = new Browser(stack.url);
    const named = { uid_field: 'settler' };
    expect((await visitor.solve('back', named)).body).toMatchObject({ component: 'ak-stage-email' });
    expect((await visitor.solve('expired', named)).body).toMatchObject({ component: 'ak-stage-password' });
    const sql = `UPDATE directory.users SET password_hash = 'mine' WHERE username = $1`;
    for (const name of ['settler', 'changer', 'loser']) {
      const attack = stack.as('enrollment', (client) => client.query(sql, [name]));
      await expect(attack).rejects.toMatchObject({ code: '42501', constraint: 'superusers_guarded' });
    }
  });
});
