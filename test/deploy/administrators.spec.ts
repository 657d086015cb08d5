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
import { followLink } from '../support/mailed-links.js';
import { describeWithNats } from '../support/nats.js';
import { OpenIdProvider } from '../support/openid-provider.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { follow, oauthEntry } from '../support/sources.js';
import { ComposeStack } from './compose-stack.js';

const SERVICES = ['gateway', 'identification', 'password', 'session', 'enrollment', 'mfa', 'policy'];
/** Timeout in milliseconds of the start of seven services, one of which starts Python. */
const START_TIMEOUT_MS = 180_000;

const SHARED_PASSWORD = 'correct-horse-7';
const FORM = ['password', 'password_repeat'];
const newPassword = (password: string) => ({ password, password_repeat: password });
const CALLBACK = '/source/oauth/callback/hub/';
const DONE = { component: 'xak-flow-redirect' };
const REFUSED = {
  component: 'ak-stage-access-denied',
  error_message: 'Failed to update user. Please try again later.',
};

const ADMINISTRATORS = ['settler', 'changer', 'loser', 'leaver', 'imported', 'keeper', 'connector'];
const CONFIGURATION = { designation: 'stage_configuration', authentication: 'require_authenticated' };

const enrollmentInto = (slug: string, group: string) =>
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
  flowEntries('codes', [{ stage: 'authenticator_static.authenticatorstaticstage' }], CONFIGURATION),
  flowEntries('app', [{ stage: 'authenticator_totp.authenticatortotpstage', attrs: { digits: 6 } }], CONFIGURATION),
  enrollmentInto('join-staff', 'staff'),
  enrollmentInto('join-admins', 'admins'),
  enrollmentInto('join-operators', 'operators'),
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

describeWithNats('administrators, while each service has its own Postgres role', () => {
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
  }, START_TIMEOUT_MS);
  afterAll(() => Promise.all([stack?.close(), provider?.close()]));

  const rows = async (sql: string, ...values: unknown[]) =>
    (await stack.as('operator', (client) => client.query(sql, values))).rows;
  const userOf = async (username: string) =>
    (await rows('SELECT * FROM directory.users WHERE username = $1', username))[0];
  const statusOf = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status;

  async function loggedIn(username: string, password = SHARED_PASSWORD): Promise<Browser> {
    const browser = new Browser(stack.url);
    await browser.solve('login', { uid_field: username });
    await browser.solve('login', { password });
    return browser;
  }

  it('can change their password with the default flow and stay logged in', async () => {
    const browser = await loggedIn('changer');
    await browser.solve('default-password-change', { password: SHARED_PASSWORD });
    expect((await browser.solve('default-password-change', newPassword('another-horse-8'))).body).toMatchObject(DONE);
    expect(await statusOf(browser)).toBe(200);
    expect(await statusOf(await loggedIn('changer'))).toBe(403);
    expect(await statusOf(await loggedIn('changer', 'another-horse-8'))).toBe(200);
  });

  it('can change their settings with the default flow', async () => {
    const browser = await loggedIn('settler');
    const settings = { name: 'Ada', 'attributes.settings.locale': 'de' };
    expect((await browser.solve('default-user-settings-flow', settings)).body).toMatchObject(DONE);
    expect(await userOf('settler')).toMatchObject({ name: 'Ada', attributes: { settings: { locale: 'de' } } });
  });

  it('can recover their account by a mailed link', async () => {
    const link = new URL((await stack.user('recovery-link', 'loser', '--flow', 'back')).trim());
    const browser = new Browser(stack.url);
    await followLink(browser, 'back', link.search.slice(1));
    expect((await browser.solve('back', newPassword('another-horse-8'))).body).toMatchObject(DONE);
    expect(await statusOf(browser)).toBe(200);
    expect(await statusOf(await loggedIn('loser', 'another-horse-8'))).toBe(200);
  });

  it('can replace an expired password during a login', async () => {
    const browser = new Browser(stack.url);
    await browser.solve('expired', { uid_field: 'loser' });
    await browser.solve('expired', { password: 'another-horse-8' });
    expect((await browser.solve('expired', newPassword('third-horse-9'))).body).toMatchObject(DONE);
    expect(await statusOf(await loggedIn('loser', 'third-horse-9'))).toBe(200);
  });

  it('can delete their account', async () => {
    const browser = await loggedIn('leaver');
    expect((await browser.show('leave')).body).toMatchObject(DONE);
    expect(await userOf('leaver')).toBeUndefined();
  });

  it.each(['join-admins', 'join-operators'])(
    'cannot be created by enrollment: the flow %s is denied with a message',
    async (slug) => {
      expect((await new Browser(stack.url).solve(slug, { username: `new by ${slug}` })).body).toMatchObject(REFUSED);
      expect(await userOf(`new by ${slug}`)).toBeUndefined();
      expect((await new Browser(stack.url).solve('join-staff', { username: `staff by ${slug}` })).body).toMatchObject(
        DONE,
      );
      expect(await userOf(`staff by ${slug}`)).toBeDefined();
    },
  );

  it('can log in with an outdated hash, which the login renews only for ordinary users', async () => {
    const digest = pbkdf2Sync(SHARED_PASSWORD, 'salt', 1000, 32, 'sha256').toString('base64');
    const outdated = `pbkdf2_sha256$1000$salt$${digest}`;
    await rows(`UPDATE directory.users SET password_hash = $1 WHERE username IN ('imported', 'alice')`, outdated);
    for (const name of ['imported', 'alice']) expect(await statusOf(await loggedIn(name))).toBe(200);
    expect(await userOf('imported')).toMatchObject({ password_hash: outdated });
    expect(await userOf('alice')).toMatchObject({ password_hash: expect.stringMatching(/^\$argon2id\$/) });
    expect(await statusOf(await loggedIn('alice'))).toBe(200);
  });

  it('can set up recovery codes, use one in a later login, and add an authenticator app', async () => {
    const first = await loggedIn('keeper');
    const { body } = await first.show('codes');
    expect((await first.solve('codes', {})).body).toMatchObject(DONE);
    const [code] = body['codes'] as string[];
    // A set-up counts as a proof in its session, so only another session is asked for one of the codes.
    const browser = await loggedIn('keeper');
    const validation = await browser.show('app');
    expect(validation.body).toMatchObject({ component: 'ak-stage-authenticator-validate' });
    const setup = await browser.solve('app', { code });
    expect(setup.body).toMatchObject({ component: 'ak-stage-authenticator-totp' });
    const secret = new URL(setup.body['config_url'] as string).searchParams.get('secret')!;
    const answer = { code: generateSync({ secret, base32: new ScureBase32Plugin() }) };
    expect((await browser.solve('app', answer)).body).toMatchObject(DONE);
    const kinds = 'SELECT kind FROM mfa.devices d JOIN directory.users u ON u.id = d.user_id';
    expect(await rows(`${kinds} WHERE username = 'keeper' ORDER BY 1`)).toEqual([{ kind: 'static' }, { kind: 'totp' }]);
  });

  it('can connect source accounts while logged in, and by a flow that matches their email address', async () => {
    const connect = async (browser: Browser, sub: string) => {
      provider.person = { sub, email: 'connector@example.org', email_verified: true };
      const redirect = await browser.fetch('/source/oauth/login/hub/');
      const answer = await provider.followTo(redirect.headers.get('location') ?? '', `${stack.url}${CALLBACK}`);
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

  it('cannot be changed by a compromised service, even while a visitor enters an administrator’s username', async () => {
    const visitor = new Browser(stack.url);
    const identification = { uid_field: 'settler' };
    expect((await visitor.solve('back', identification)).body).toMatchObject({ component: 'ak-stage-email' });
    expect((await visitor.solve('expired', identification)).body).toMatchObject({ component: 'ak-stage-password' });
    const sql = `UPDATE directory.users SET password_hash = 'mine' WHERE username = $1`;
    for (const name of ['settler', 'changer', 'loser']) {
      const attack = stack.as('enrollment', (client) => client.query(sql, [name]));
      await expect(attack).rejects.toMatchObject({ code: '42501', constraint: 'superusers_guarded' });
    }
  });
});
