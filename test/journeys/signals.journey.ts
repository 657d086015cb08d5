import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administratorsEntry, savedUser } from '../support/administrators.js';
import { blueprint, flowEntries, IDENTIFICATION, keyOf, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { runCli } from '../support/commands.js';
import { Deployment } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { newSigningKeys } from '../support/forward-auth.js';
import { clientEntries } from '../support/oauth-device.js';
import type { Environment } from '../support/processes.js';
import { recordedEvents } from '../support/recorded-events.js';

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type';
const ISSUER = 'https://partner.example';
const AUDIENCE = 'https://login.example';
const TOKEN = 'bearer-token-of-the-partner'; // not-a-secret
const JWT_SIGNING_KEYS = newSigningKeys();
/** Issuer of the tokens that the deployment sends to itself: another host, as if there were two deployments. */
const OWN_ISSUER = 'https://idp.example/application/o/shop/';

const keyPair = await generateKeyPair('ES256', { extractable: true });
const otherKeyPair = await generateKeyPair('ES256', { extractable: true });
const jwks = { keys: [{ ...(await exportJWK(keyPair.publicKey)), kid: 'k1', alg: 'ES256' }] };

const source = {
  model: 'authentik_sources_oauth.oauthsource',
  identifiers: { slug: 'hub' },
  attrs: {
    ...{ name: 'Hub', provider_type: 'openidconnect', consumer_key: 'gatehouse', consumer_secret: 'hush hush' },
    ...{ authentication_flow: keyOf('login'), enrollment_flow: keyOf('login') },
    oidc_well_known_url: 'https://idp.example/.well-known/openid-configuration',
  },
};
const partner = { issuer: ISSUER, audience: AUDIENCE, jwks, source: 'hub', domains: ['partner.example'] };
const transmitters = (url: string) => [
  { name: 'partner', token: TOKEN, ...partner },
  { name: 'employer', ...partner, may_deactivate: true },
  { name: 'choosy', ...partner, events: ['account-disabled'] },
  { name: 'self', issuer: OWN_ISSUER, audience: 'shop', source: 'hub', jwks_uri: `${url}/application/o/shop/jwks/` },
  { name: 'lost', ...partner, jwks: undefined, jwks_uri: `${url}/nowhere/` },
];

let deployment: Deployment;
let receiver: string;
const own: Record<string, Environment> = {};
beforeAll(async () => {
  deployment = await Deployment.open({
    services: ['identification', 'password', 'session'],
    environment: { SOURCE_HOSTS: '127.0.0.1' },
    gateway: { JWT_SIGNING_KEYS },
    blueprints: [
      blueprint(
        ...['alice', 'bob', 'carol', 'root', 'boss'].map((name) =>
          userEntry(name, { email: `${name}@partner.example` }),
        ),
        userEntry('dave'),
        administratorsEntry('root', 'boss'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        clientEntries('shop', { flow: 'login' }),
        source,
      ),
    ],
    own,
  });
  receiver = await deployment.openAnotherGateway({
    SIGNAL_TRANSMITTERS: JSON.stringify(transmitters(deployment.url)),
    SIGNAL_BYTES: '4096',
  });
  await connect('boss', 'b-1');
});
afterAll(() => deployment?.close());

async function connect(username: string, identifier: string) {
  const { uuid } = await savedUser(deployment, username);
  await deployment.rows(
    `INSERT INTO identification.connections (source_id, identifier, user_id)
     SELECT id, $1, $2 FROM identification.sources WHERE slug = 'hub'`,
    [identifier, uuid],
  );
}

async function loggedIn(username: string): Promise<Browser> {
  const browser = new Browser(deployment.url);
  await browser.show('login');
  await browser.solve('login', { uid_field: username });
  await browser.solve('login', { password: 'correct-horse-7' });
  expect(await isLoggedIn(browser)).toBe(true);
  return browser;
}
const isLoggedIn = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status === 200;

const byEmail = (username: string, domain = 'partner.example') => ({ format: 'email', email: `${username}@${domain}` });
const claimsOf = (sub_id: object, type = `${CAEP}/session-revoked`, event: object = {}): JWTPayload => ({
  ...{ iss: ISSUER, aud: AUDIENCE, jti: randomUUID(), iat: Math.floor(Date.now() / 1000) },
  ...{ sub_id, events: { [type]: event } },
});

interface Push {
  readonly to?: string;
  readonly header?: object;
  readonly key?: CryptoKey;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Signs claims as a transmitter does, by RFC 8417 and jose alone. */
const sign = (claims: JWTPayload, { header = {}, key = keyPair.privateKey }: Push = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'secevent+jwt', ...header }).sign(key);

/** Pushes a token as in RFC 8935 §2.1, and returns the response. */
async function pushToken(body: string, { to = 'partner', headers = {} }: Push = {}) {
  const response = await fetch(`${receiver}/signals/${to}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/secevent+jwt', accept: 'application/json', ...bearer(to), ...headers },
    body,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text && (JSON.parse(text) as object) };
}
const bearer = (to: string) => (to === 'partner' ? { authorization: `Bearer ${TOKEN}` } : {});
const push = async (claims: JWTPayload, options: Push = {}) => pushToken(await sign(claims, options), options);
const ACCEPTED = { status: 202, body: '' };

describe('a transmitter of security events', () => {
  it.each([
    ['session-revoked', `${CAEP}/session-revoked`, {}],
    ['credential-change', `${CAEP}/credential-change`, { credential_type: 'password', change_type: 'update' }],
    ['account-credential-change-required', `${RISC}/account-credential-change-required`, {}],
  ])('ends the sessions of its user by %s', async (_, type, event) => {
    const [alice, bob] = [await loggedIn('alice'), await loggedIn('bob')];
    expect(await push(claimsOf(byEmail('Alice'), type, event))).toMatchObject(ACCEPTED);
    expect([await isLoggedIn(alice), await isLoggedIn(bob)]).toEqual([false, true]);
  });

  it('can name its user by the account at the source, by a complex subject, or by the uuid of Gatehouse', async () => {
    await connect('dave', 'd-1');
    const account = { format: 'iss_sub', iss: ISSUER, sub: 'd-1' };
    const session = { format: 'opaque', id: 'of the partner' };
    const uuid = { format: 'opaque', id: (await savedUser(deployment, 'dave')).uuid };
    for (const subject of [account, { format: 'complex', user: account, session }, uuid]) {
      const dave = await loggedIn('dave');
      expect(await push(claimsOf(subject))).toMatchObject(ACCEPTED);
      expect(await isLoggedIn(dave)).toBe(false);
    }
  });

  it('ends a running login of its user', async () => {
    const alice = new Browser(deployment.url);
    await alice.show('login');
    await alice.solve('login', { uid_field: 'alice' });
    await push(claimsOf(byEmail('alice')));
    await alice.solve('login', { password: 'correct-horse-7' });
    expect(await isLoggedIn(alice)).toBe(false);
  });

  it('has no effect with a token that it has sent before', async () => {
    const token = await sign(claimsOf(byEmail('alice')));
    await pushToken(token);
    const alice = await loggedIn('alice');
    expect(await pushToken(token)).toMatchObject(ACCEPTED);
    expect(await isLoggedIn(alice)).toBe(true);
  });

  it('cannot end sessions of users who are not its own, of a superuser whom it names by an address, or of any user by an event that it may not send', async () => {
    const [carol, root] = [await loggedIn('carol'), await loggedIn('root')];
    await deployment.rows(`UPDATE directory.users SET verified_email = '' WHERE username = 'carol'`);
    const subjects = [
      byEmail('carol'),
      byEmail('root'),
      byEmail('nobody'),
      byEmail('dave', 'example.org.evil'),
      { format: 'opaque', id: (await savedUser(deployment, 'root')).uuid },
      { format: 'opaque', id: (await savedUser(deployment, 'carol')).uuid },
      { format: 'iss_sub', iss: 'https://other.example', sub: 'b-1' },
      { format: 'phone_number', phone_number: '+12065550100' },
    ];
    for (const subject of subjects) expect(await push(claimsOf(subject))).toMatchObject(ACCEPTED);
    expect(await push(claimsOf(byEmail('bob')), { to: 'choosy' })).toMatchObject(ACCEPTED);
    const created = { credential_type: 'fido2-roaming', change_type: 'create' };
    expect(await push(claimsOf(byEmail('bob'), `${CAEP}/credential-change`, created))).toMatchObject(ACCEPTED);
    expect([await isLoggedIn(carol), await isLoggedIn(root)]).toEqual([true, true]);
  });

  it('deactivates its user only with may_deactivate, and never a superuser', async () => {
    const disabled = (subject: object) => claimsOf(subject, `${RISC}/account-disabled`, { reason: 'hijacking' });
    const isActive = async (name: string) => (await savedUser(deployment, name)).is_active;
    const [bob, boss] = [await loggedIn('bob'), await loggedIn('boss')];
    await push(disabled(byEmail('bob')));
    expect([await isLoggedIn(bob), await isActive('bob')]).toEqual([false, true]);
    await push(disabled(byEmail('bob')), { to: 'employer' });
    await push(disabled({ format: 'iss_sub', iss: ISSUER, sub: 'b-1' }), { to: 'employer' });
    expect([await isActive('bob'), await isActive('boss'), await isLoggedIn(boss)]).toEqual([false, true, false]);
    const received = (await recordedEvents(deployment, 'signal_received')).slice(-3).map(({ data }) => data);
    expect(received).toMatchObject([
      { user: { username: 'bob' }, context: { transmitter: 'partner', deactivated: false } },
      { user: { username: 'bob' }, context: { transmitter: 'employer', sessions: 0, deactivated: true } },
      { user: { username: 'boss' }, context: { transmitter: 'employer', sessions: 1, deactivated: false } },
    ]);
    const [deactivation] = (await recordedEvents(deployment, 'user_write')).slice(-1);
    expect(deactivation?.data).toMatchObject({
      ...{ actor: { type: 'transmitter', name: 'employer', issuer: ISSUER }, user: { username: 'bob' } },
      context: { is_active: false },
    });
  });

  const now = Math.floor(Date.now() / 1000);
  it.each<[string, string, object, Push?]>([
    ['a wrong signature', 'authentication_failed', {}, { key: otherKeyPair.privateKey }],
    ['an unknown key', 'invalid_key', {}, { header: { kid: 'k2' } }],
    ['another bearer token', 'authentication_failed', {}, { headers: { authorization: 'Bearer of-somebody-else-x' } }],
    ['another audience', 'invalid_audience', { aud: 'https://other.example' }],
    ['another issuer', 'invalid_issuer', { iss: 'https://other.example' }],
    ['the type of an ID token', 'invalid_request', {}, { header: { typ: 'JWT' } }],
    ['an expiry time, as other JWTs have', 'invalid_request', { exp: now + 3600 }],
    ['the claim sub, as other JWTs have', 'invalid_request', { sub: 'alice' }],
    ['no id', 'invalid_request', { jti: undefined }],
    ['a number as its id', 'invalid_request', { jti: 7 }],
    ['a time in the future', 'invalid_request', { iat: now + 3600 }],
    ['a time too long ago', 'invalid_request', { iat: now - 8 * 86_400 }],
    ['no subject', 'invalid_request', { sub_id: undefined }],
    ['a NUL in its subject', 'invalid_request', { sub_id: { format: 'email', email: 'a\0@partner.example' } }],
    ['two events', 'invalid_request', { events: { 'urn:a': {}, 'urn:b': {} } }],
    ['an event without its claims', 'invalid_request', { events: { [`${CAEP}/credential-change`]: {} } }],
  ])('is refused for a token with %s, with the error code %s', async (...[, err, changes, options]) => {
    const alice = await loggedIn('alice');
    const { status, headers, body } = await push({ ...claimsOf(byEmail('alice')), ...changes }, options);
    expect([status, body]).toEqual([400, { err, description: expect.any(String) }]);
    expect([headers.get('content-type'), headers.get('content-language')]).toEqual([
      expect.stringContaining('application/json'),
      'en',
    ]);
    expect(await isLoggedIn(alice)).toBe(true);
  });

  it('is refused for a body that is no signed token', async () => {
    const unsigned = `${btoa('{"alg":"none","typ":"secevent+jwt"}')}.${btoa(JSON.stringify(claimsOf(byEmail('alice'))))}.`;
    for (const [body, headers] of [
      ['no token', {}],
      ['', {}],
      [unsigned.replaceAll('=', ''), {}],
      ['{}', { 'content-type': 'application/json' }],
    ] as const)
      expect(await pushToken(body, { headers })).toMatchObject({ status: 400, body: { err: expect.any(String) } });
    expect((await push(claimsOf(byEmail('alice')), { to: 'nobody' })).status).toBe(404);
    expect((await pushToken('x'.repeat(4097))).status).toBe(413);
  });

  it('gets 503, and may send the token again, while its keys cannot be fetched', async () => {
    const { status, headers } = await push(claimsOf(byEmail('alice')), { to: 'lost' });
    expect([status, headers.get('retry-after')]).toEqual([503, '10']);
  });

  it('gets 503 for an unknown key if its keys were fetched too recently to be fetched again', async () => {
    const claims = () => ({ ...claimsOf(byEmail('alice')), iss: OWN_ISSUER, aud: 'shop' });
    const withNewKey = async () => push(claims(), { to: 'self', header: { kid: 'new' } });
    expect(await withNewKey()).toMatchObject({ status: 400, body: { err: 'invalid_key' } });
    const { status, headers, body } = await withNewKey();
    expect([status, headers.get('retry-after')]).toEqual([503, '10']);
    expect(body).toMatchObject({ code: 'signal_keys_away' });
  });
});

describe('the transmitter of Gatehouse', () => {
  it('publishes its metadata at the address of its issuer', async () => {
    const issuer = `${deployment.url}/application/o/shop/`;
    const address = `${deployment.url}/.well-known/ssf-configuration/application/o`;
    expect(await (await fetch(`${address}/shop`)).json()).toEqual({
      ...{ spec_version: '1_0', issuer, jwks_uri: `${issuer}jwks/`, default_subjects: 'ALL' },
      delivery_methods_supported: ['urn:ietf:rfc:8935'],
    });
    expect((await fetch(`${address}/nobody`)).status).toBe(404);
  });

  it('reaches a receiver of Gatehouse, which fetches its keys and ends the sessions of the connected user', async () => {
    const set = { issuer: OWN_ISSUER, audience: 'shop' };
    const WEBHOOKS = JSON.stringify([{ name: 'self', url: `${receiver}/signals/self/`, set }]);
    const env = { WEBHOOKS, WEBHOOK_HOSTS: '127.0.0.1', JWT_SIGNING_KEYS };
    const page = DocumentedCommands.of('docs/how-to/shared-signals.md').block('sh', /verify shop/, {
      'verify shop': 'verify self',
    });
    const [, ...args] = /^npm run events -- (\w+) (\w+)\n/.exec(page) ?? [];
    expect(await runCli('events', args, { env })).toMatchObject({
      ...{ code: 0, stdout: 'self has accepted the verification event\n' },
    });
    await connect('carol', (await savedUser(deployment, 'alice')).uuid);
    own['courier'] = env;
    // Otherwise the courier could deliver events of earlier tests later, which would end the sessions of the following
    // tests.
    await deployment.rows('DELETE FROM flow.outbox');
    await deployment.start('courier');
    const [carol] = [await loggedIn('carol'), await loggedIn('alice')];
    const applied = deployment.says(`gateway-${new URL(receiver).port}`, /signal_received.*applied/);
    await deployment.user(['end-sessions', 'alice']);
    await applied;
    expect(await isLoggedIn(carol)).toBe(false);
  });
});
