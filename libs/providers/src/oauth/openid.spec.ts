import type { ServerResponse } from 'node:http';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeOpenIdProvider, refused } from '../../../../test/support/fake-openid-provider.js';
import { LoginHarness, oauthSource } from '../../testing/login-harness.js';

let provider: FakeOpenIdProvider;
let harness: LoginHarness;
beforeEach(async () => {
  provider = await FakeOpenIdProvider.open();
  harness = new LoginHarness();
});
afterEach(() => provider.close());

const source = (fields: object = {}) =>
  oauthSource({ oidc_well_known_url: `${provider.url}/.well-known/openid-configuration`, ...fields });

/** Runs a whole login. `callback` overrides parameters of the callback. */
async function login({
  fields = {},
  callback = {},
  using = harness,
}: {
  fields?: object;
  callback?: object;
  using?: LoginHarness;
} = {}) {
  const { to, kept } = await using.mustBegin(source(fields));
  return using.complete(source(fields), kept, { ...provider.authorize(to), ...callback });
}

const unproven = { refused: { text: 'The answer of {source} could not be verified. Please try again.' } };
const unavailable = { refused: { wire: 'unavailable' } };
const misconfigured = { refused: { wire: 'misconfigured' } };
const JSON_TYPE = { 'content-type': 'application/json' };
const now = () => Math.floor(Date.now() / 1000);

describe('a login by OpenID Connect', () => {
  it('builds an authorization URL with a state, a nonce and a PKCE challenge (accident 58)', async () => {
    const { to, kept } = await harness.mustBegin(source({ additional_scopes: 'groups' }));
    const parameters = Object.fromEntries(new URL(to).searchParams);
    expect(to).toContain(`${provider.url}/authorize?`);
    expect(parameters).toMatchObject({
      ...{ response_type: 'code', client_id: 'gatehouse', scope: 'openid email profile groups' },
      ...{ redirect_uri: 'https://id.example.org/source/oauth/callback/there/', code_challenge_method: 'S256' },
      ...{ state: expect.stringMatching(/.{32}/), nonce: kept['nonce'] },
    });
    expect(to).not.toContain(String(kept['verifier']));
  });

  it('returns the identity from the profile, with groups', async () => {
    provider.profile = {
      ...{ sub: 'alice', preferred_username: 'alice', name: 'Alice', email: 'a@example.org', email_verified: true },
      groups: ['staff', 'admins'],
    };
    expect(await login()).toEqual({
      identity: {
        identifier: 'alice',
        user: { username: 'alice', name: 'Alice', email: 'a@example.org', email_verified: true },
        groups: { staff: { name: 'staff' }, admins: { name: 'admins' } },
        info: provider.profile,
      },
    });
  });

  it('returns the identity from the id token when there is no userinfo endpoint', async () => {
    provider.metadata = { userinfo_endpoint: undefined };
    provider.claims = { email: 'a@example.org' };
    expect(await login()).toMatchObject({ identity: { identifier: 'alice', user: { email: 'a@example.org' } } });
  });

  it('authenticates with the method in the metadata, and caches metadata and keys', async () => {
    await login();
    provider.metadata = { token_endpoint_auth_methods_supported: ['client_secret_basic'] };
    await login({ using: new LoginHarness() });
    await login();
    const tokens = provider.requests.filter(({ path }) => path === '/token');
    expect(tokens[0]).toMatchObject({ form: { client_secret: 'hush hush' }, authorization: undefined });
    expect(tokens[1]?.authorization).toMatch(/^Basic /);
    expect(tokens[1]?.form).not.toHaveProperty('client_secret');
    const metadata = provider.requests.filter(({ path }) => /well-known|jwks/.test(path));
    expect(metadata).toHaveLength(4);
  });

  it('fetches metadata once for concurrent logins, and again after a failure', async () => {
    const using = new LoginHarness({ SOURCE_CONCURRENCY: 1 });
    const beginAtOnce = () => Promise.all([1, 2, 3].map(() => using.begin(source())));
    const path = '/.well-known/openid-configuration';
    provider.overrides = { [path]: (response: ServerResponse) => response.writeHead(500).end() };
    expect(await beginAtOnce()).toMatchObject([unavailable, unavailable, unavailable]);
    provider.overrides = {};
    const begun = await beginAtOnce();
    expect(begun.filter((result) => 'to' in result)).toHaveLength(3);
    expect(provider.requests.filter((request) => request.path === path)).toHaveLength(2);
  });

  it('replaces the default scopes when additional_scopes begins with a star', async () => {
    const { to } = await harness.mustBegin(source({ additional_scopes: '*openid own' }));
    expect(new URL(to).searchParams.get('scope')).toBe('openid own');
  });
});

describe('the callback of a provider', () => {
  it.each([
    ['another state', { state: 'b-state-that-nobody-could-ever-guess-1234' }],
    ['no state', { state: '' }],
    ['another issuer (RFC 9207)', { iss: 'https://evil.example' }],
    ['an unknown code', { code: 'bad' }],
    ['no code', { code: '' }],
  ])('is refused with %s (accident 17)', async (_case, callback) => {
    expect(await login({ callback })).toMatchObject(unproven);
  });

  it('is refused without `iss` when the metadata says that the provider sends it (accident 17)', async () => {
    provider.metadata = { authorization_response_iss_parameter_supported: true };
    expect(await login()).toMatchObject(unproven);
    expect(await login({ callback: { iss: provider.url } })).toMatchObject({ identity: { identifier: 'alice' } });
  });

  it('is refused with the kept nonce and verifier of another login (accidents 17, 58)', async () => {
    const [mine, others] = [await harness.mustBegin(source()), await harness.mustBegin(source())];
    const answer = provider.authorize(mine.to);
    const mixed = ['nonce', 'verifier'].map((secret) => ({ ...mine.kept, [secret]: others.kept[secret] }));
    for (const kept of [others.kept, ...mixed, {}])
      expect(await harness.complete(source(), kept, answer)).toMatchObject(unproven);
    expect(await harness.complete(source(), mine.kept, answer)).toMatchObject({ identity: { identifier: 'alice' } });
  });

  it.each([
    ['access_denied', { wire: 'access_denied' }],
    ['temporarily_unavailable', { wire: 'unavailable' }],
    ['<script>', { wire: 'access_denied' }],
  ])('with the error %s is refused with a message of Gatehouse, not of the provider', async (error, message) => {
    expect(await login({ callback: { code: undefined as never, error } })).toMatchObject({ refused: message });
    expect(harness.reports.join()).not.toContain('<');
  });
});

describe('an id token', () => {
  it.each([
    ['for another client', { aud: 'other' }],
    ['for several clients, with another `azp`', { aud: ['gatehouse', 'other'], azp: 'other' }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['with another nonce', { nonce: 'other' }],
    ['without a nonce', { nonce: undefined }],
    ['that has expired', { exp: now() - 120, iat: now() - 180 }],
    ['that is not valid yet', { nbf: now() + 600 }],
    ['without a subject', { sub: undefined }],
    ['of another subject than the profile', { sub: 'mallory' }],
  ])('is refused %s (accident 17)', async (_case, claims) => {
    provider.claims = claims;
    expect(await login()).toMatchObject(unproven);
  });

  it('is refused without a signature, even if the metadata allows `none` (accident 17)', async () => {
    provider.sign = (claims) => new UnsecuredJWT({ ...claims }).encode();
    expect(await login()).toMatchObject(unproven);
    provider.metadata = { id_token_signing_alg_values_supported: ['ES256', 'none'] };
    expect(await login({ using: new LoginHarness() })).toMatchObject(unproven);
  });

  it('is refused when it is signed with an unknown key or with HS256 (accident 17)', async () => {
    const other = await FakeOpenIdProvider.open();
    const own = provider.sign;
    provider.sign = other.sign;
    expect(await login()).toMatchObject(unproven);
    const shared = new TextEncoder().encode('hush hush hush hush hush hush hush');
    provider.metadata = { id_token_signing_alg_values_supported: ['ES256', 'HS256'] };
    provider.sign = (claims) => new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(shared);
    expect(await login({ using: new LoginHarness() })).toMatchObject(unproven);
    provider.sign = own;
    expect(await login()).toMatchObject({ identity: {} });
    await other.close();
  });

  it('is refused if it is signed by another provider whose keys are cached (accident 17)', async () => {
    const other = await FakeOpenIdProvider.open();
    const there = oauthSource({ oidc_well_known_url: `${other.url}/.well-known/openid-configuration` });
    const { to, kept } = await harness.mustBegin(there);
    expect(await harness.complete(there, kept, other.authorize(to))).toMatchObject({ identity: {} });
    provider.sign = other.sign;
    expect(await login()).toMatchObject(unproven);
    await other.close();
  });

  it('must be in the token response of an OpenID Connect provider (accident 17)', async () => {
    provider.tokens = { id_token: undefined };
    expect(await login()).toMatchObject(unproven);
  });

  it('is verified with oidc_jwks of the source, or with the keys at its oidc_jwks_url (accident 17)', async () => {
    const other = await FakeOpenIdProvider.open();
    const { keys } = (await (await fetch(`${other.url}/jwks`)).json()) as { keys: object[] };
    expect(await login({ fields: { oidc_jwks: { keys } } })).toMatchObject(unproven);
    // authentik stores both: the address, and the keys that it last fetched there.
    const exported = { oidc_jwks: { keys }, oidc_jwks_url: `${provider.url}/jwks` };
    expect(await login({ fields: exported })).toMatchObject({ identity: {} });
    provider.sign = other.sign;
    expect(await login({ fields: { oidc_jwks: { keys } } })).toMatchObject({ identity: {} });
    await other.close();
  });

  it('is never verified with oidc_jwks of another source at the same provider, or with an earlier oidc_jwks', async () => {
    const other = await FakeOpenIdProvider.open();
    const { keys } = (await (await fetch(`${other.url}/jwks`)).json()) as { keys: object[] };
    const published = provider.sign;
    provider.sign = other.sign;
    await login({ fields: { oidc_jwks: { keys } } });
    expect(await login()).toMatchObject(unproven);
    provider.sign = published;
    expect(await login()).toMatchObject({ identity: {} });
    await other.close();
  });
});

describe('a provider', () => {
  it.each([
    ['fails', (response: ServerResponse) => response.writeHead(503).end(), unavailable],
    ['is overloaded', (response: ServerResponse) => response.writeHead(429).end(), unavailable],
    ['closes the connection', (response: ServerResponse) => response.destroy(), unavailable],
    ['sends a response that is too large', (response: ServerResponse) => response.end('x'.repeat(5000)), unavailable],
    ['sends malformed JSON', (response: ServerResponse) => response.end('<html>'), unproven],
    [
      'sends only a token, and no JSON',
      (response: ServerResponse) => response.writeHead(200, JSON_TYPE).end('opaque'),
      unproven,
    ],
    ['redirects', (response: ServerResponse) => response.writeHead(302, { location: '/' }).end(), unproven],
    ['does not know the client', refused('invalid_client'), misconfigured],
  ])('that %s causes a refused login, not an internal error', async (_case, instead, refusal) => {
    provider.overrides = { '/token': instead };
    const using = new LoginHarness({ SOURCE_ANSWER_BYTES: 4000 });
    expect(await login({ using })).toMatchObject(refusal);
    expect(using.reports).toEqual([expect.not.stringMatching(/hush|opaque/)]);
  });

  it('that sends a token with a line break causes a refused login, and the log does not contain the token', async () => {
    provider.tokens = { access_token: 'opaque\ntoken' };
    expect(await login()).toMatchObject(unproven);
    expect(harness.reports).toEqual([expect.not.stringMatching(/opaque/)]);
  });

  it('that does not respond causes a refused login after the timeout or at the deadline of the request', async () => {
    const { to, kept } = await harness.mustBegin(source());
    const answer = provider.authorize(to);
    provider.overrides = { '/token': () => undefined };
    const shortTimeout = new LoginHarness({ SOURCE_TIMEOUT_MS: 50 });
    expect(await shortTimeout.complete(source(), kept, answer)).toMatchObject(unavailable);
    const shortDeadline = new LoginHarness({}, 50);
    expect(await shortDeadline.complete(source(), kept, answer)).toMatchObject(unavailable);
    expect([...shortTimeout.reports, ...shortDeadline.reports]).toEqual(Array(2).fill('127.0.0.1 timed out'));
  });

  it('whose profile is too large causes a refused login', async () => {
    provider.profile = { sub: 'alice', more: 'x'.repeat(2000) };
    expect(await login({ using: new LoginHarness({ SOURCE_PROFILE_BYTES: 1500 }) })).toMatchObject(unproven);
  });

  it('gets no more concurrent requests than the limit', async () => {
    const using = new LoginHarness({ SOURCE_CONCURRENCY: 1 });
    const { to, kept } = await using.mustBegin(source());
    const answer = provider.authorize(to);
    const completed = await Promise.all([1, 2, 3].map(() => using.complete(source(), kept, answer)));
    expect(completed.filter((result) => 'identity' in result)).toHaveLength(1);
    expect(completed.filter((result) => 'refused' in result)).toMatchObject([unavailable, unavailable]);
  });

  it.each([
    ['another issuer', { issuer: 'https://evil.example' }],
    ['an issuer with another path', { issuer: 'URL/tenant' }],
    ['no keys', { jwks_uri: undefined }],
    ['a `javascript:` URL', { authorization_endpoint: 'javascript:alert(1)' }],
    ['a URL without TLS', { authorization_endpoint: 'http://login.example/authorize' }],
  ])('that publishes %s is refused', async (_case, { ...metadata }) => {
    provider.metadata = JSON.parse(JSON.stringify(metadata).replace('URL', provider.url));
    if ('jwks_uri' in metadata) provider.metadata = { jwks_uri: undefined };
    expect(await harness.begin(source())).toMatchObject(misconfigured);
  });

  it('without metadata is refused as misconfigured, and with unavailable metadata as unavailable', async () => {
    const path = '/.well-known/openid-configuration';
    provider.overrides = { [path]: (response: ServerResponse) => response.writeHead(404).end() };
    expect(await harness.begin(source())).toMatchObject(misconfigured);
    provider.overrides = { [path]: (response: ServerResponse) => response.writeHead(500).end() };
    expect(await harness.begin(source())).toMatchObject(unavailable);
    provider.overrides = {};
    await harness.mustBegin(source());
  });

  it.each(['*', 'login.example'])(
    'in a private network gets no request unless SOURCE_HOSTS names it: SOURCE_HOSTS=%s (accident 43)',
    async (hosts) => {
      const using = new LoginHarness({ SOURCE_HOSTS: hosts });
      expect(await using.begin(source())).toMatchObject(misconfigured);
      for (const host of ['localhost', '[::1]', '10.1.2.3', '169.254.169.254'])
        expect(
          await using.begin(source({ oidc_well_known_url: `https://${host}/.well-known/openid-configuration` })),
        ).toHaveProperty('refused');
      expect(provider.requests).toEqual([]);
    },
  );

  it('gets no client secret when its metadata names a URL without TLS', async () => {
    provider.metadata = { token_endpoint: provider.url.replace('127.0.0.1', 'localhost') };
    expect(await login()).toMatchObject(misconfigured);
  });
});
