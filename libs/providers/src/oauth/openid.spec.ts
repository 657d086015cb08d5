import type { ServerResponse } from 'node:http';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeOpenIdProvider, refused } from '../../../../test/support/fake-openid-provider.js';
import { LoginHarness, oauthSource } from '../../testing/login-harness.js';

let provider: FakeOpenIdProvider;
let bench: LoginHarness;
beforeEach(async () => {
  provider = await FakeOpenIdProvider.open();
  bench = new LoginHarness();
});
afterEach(() => provider.close());

const source = (given: object = {}) =>
  oauthSource({ oidc_well_known_url: `${provider.url}/.well-known/openid-configuration`, ...given });

/** A whole login, with what the browser brings bent by `bend`. */
async function login({ given = {}, bend = {}, by = bench }: { given?: object; bend?: object; by?: LoginHarness } = {}) {
  const { to, kept } = await by.begun(source(given));
  return by.complete(source(given), kept, { ...provider.authorize(to), ...bend });
}

const unproven = { refused: { text: 'The answer of {source} could not be verified. Please try again.' } };
const away = { refused: { wire: 'unavailable' } };
const misconfigured = { refused: { wire: 'misconfigured' } };
const now = () => Math.floor(Date.now() / 1000);

describe('a login by OpenID Connect', () => {
  it('sends a browser away with a state, a nonce and a challenge, and keeps what proves them', async () => {
    const { to, kept } = await bench.begun(source({ additional_scopes: 'groups' }));
    const asked = Object.fromEntries(new URL(to).searchParams);
    expect(to).toContain(`${provider.url}/authorize?`);
    expect(asked).toMatchObject({
      ...{ response_type: 'code', client_id: 'gatehouse', scope: 'openid email profile groups' },
      ...{ redirect_uri: 'https://id.example.org/source/oauth/callback/there/', code_challenge_method: 'S256' },
      ...{ state: expect.stringMatching(/.{32}/), nonce: kept['nonce'] },
    });
    expect(to).not.toContain(String(kept['verifier']));
  });

  it('knows somebody by what the provider says, groups too', async () => {
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

  it('takes the id token for it where there is no profile', async () => {
    provider.metadata = { userinfo_endpoint: undefined };
    provider.claims = { email: 'a@example.org' };
    expect(await login()).toMatchObject({ identity: { identifier: 'alice', user: { email: 'a@example.org' } } });
  });

  it('sends the secret as the provider wants it, and asks for its metadata and keys once', async () => {
    await login();
    provider.metadata = { token_endpoint_auth_methods_supported: ['client_secret_basic'] };
    await login({ by: new LoginHarness() });
    await login();
    const tokens = provider.asked.filter(({ path }) => path === '/token');
    expect(tokens[0]).toMatchObject({ form: { client_secret: 'hush hush' }, authorization: undefined });
    expect(tokens[1]?.authorization).toMatch(/^Basic /);
    expect(tokens[1]?.form).not.toHaveProperty('client_secret');
    const metadata = provider.asked.filter(({ path }) => /well-known|jwks/.test(path));
    expect(metadata).toHaveLength(4);
  });

  it('takes scopes with a star in the place of the usual ones', async () => {
    const { to } = await bench.begun(source({ additional_scopes: '*openid own' }));
    expect(new URL(to).searchParams.get('scope')).toBe('openid own');
  });
});

describe('what comes back', () => {
  it.each([
    ['another state', { state: 'b-state-that-nobody-could-ever-guess-1234' }],
    ['no state', { state: '' }],
    ['another issuer (RFC 9207)', { iss: 'https://evil.example' }],
    ['a code that the provider does not know', { code: 'bad' }],
    ['no code', { code: '' }],
  ])('is refused with %s', async (_what, bend) => {
    expect(await login({ bend })).toMatchObject(unproven);
  });

  it('is refused without the issuer where the provider always names it', async () => {
    provider.metadata = { authorization_response_iss_parameter_supported: true };
    expect(await login()).toMatchObject(unproven);
    expect(await login({ bend: { iss: provider.url } })).toMatchObject({ identity: { identifier: 'alice' } });
  });

  it('is refused with what was kept for another login', async () => {
    const [mine, others] = [await bench.begun(source()), await bench.begun(source())];
    const answer = provider.authorize(mine.to);
    for (const kept of [others.kept, { ...mine.kept, nonce: others.kept['nonce'] }, {}])
      expect(await bench.complete(source(), kept, answer)).toMatchObject(unproven);
    expect(await bench.complete(source(), mine.kept, answer)).toMatchObject({ identity: { identifier: 'alice' } });
  });

  it.each([
    ['access_denied', { wire: 'access_denied' }],
    ['temporarily_unavailable', { wire: 'unavailable' }],
    ['<script>', { wire: 'access_denied' }],
  ])('may say %s, which is said to the visitor in our words', async (error, said) => {
    expect(await login({ bend: { code: undefined as never, error } })).toMatchObject({ refused: said });
    expect(bench.reports.join()).not.toContain('<');
  });
});

describe('an id token', () => {
  it.each([
    ['for another client', { aud: 'other' }],
    ['for several, meant for another', { aud: ['gatehouse', 'other'], azp: 'other' }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['with another nonce', { nonce: 'other' }],
    ['without a nonce', { nonce: undefined }],
    ['that has expired', { exp: now() - 120, iat: now() - 180 }],
    ['that is not good yet', { nbf: now() + 600 }],
    ['of nobody', { sub: undefined }],
    ['of somebody else than the profile', { sub: 'mallory' }],
  ])('is refused %s', async (_what, claims) => {
    provider.claims = claims;
    expect(await login()).toMatchObject(unproven);
  });

  it('is refused unsigned, also where the provider publishes that it signs none', async () => {
    provider.sign = (claims) => new UnsecuredJWT({ ...claims }).encode();
    expect(await login()).toMatchObject(unproven);
    provider.metadata = { id_token_signing_alg_values_supported: ['ES256', 'none'] };
    expect(await login({ by: new LoginHarness() })).toMatchObject(unproven);
  });

  it('is refused when it is signed by another key, or by what is no secret', async () => {
    const other = await FakeOpenIdProvider.open();
    const own = provider.sign;
    provider.sign = other.sign;
    expect(await login()).toMatchObject(unproven);
    const shared = new TextEncoder().encode('hush hush hush hush hush hush hush');
    provider.metadata = { id_token_signing_alg_values_supported: ['ES256', 'HS256'] };
    provider.sign = (claims) => new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(shared);
    expect(await login({ by: new LoginHarness() })).toMatchObject(unproven);
    provider.sign = own;
    expect(await login()).toMatchObject({ identity: {} });
    await other.close();
  });

  it('is refused when there is none', async () => {
    provider.tokens = { id_token: undefined };
    expect(await login()).toMatchObject(unproven);
  });

  it('is held against the keys of the source itself, where it has some', async () => {
    const other = await FakeOpenIdProvider.open();
    const { keys } = (await (await fetch(`${other.url}/jwks`)).json()) as { keys: object[] };
    expect(await login({ given: { oidc_jwks: { keys } } })).toMatchObject(unproven);
    provider.sign = other.sign;
    expect(await login({ given: { oidc_jwks: { keys } } })).toMatchObject({ identity: {} });
    await other.close();
  });
});

describe('a provider', () => {
  it.each([
    ['is failing', (response: ServerResponse) => response.writeHead(503).end(), away],
    ['has no time', (response: ServerResponse) => response.writeHead(429).end(), away],
    ['hangs up', (response: ServerResponse) => response.destroy(), away],
    ['says too much', (response: ServerResponse) => response.end('x'.repeat(5000)), away],
    ['says nonsense', (response: ServerResponse) => response.end('<html>'), unproven],
    ['leads elsewhere', (response: ServerResponse) => response.writeHead(302, { location: '/' }).end(), unproven],
    ['does not know us', refused('invalid_client'), misconfigured],
  ])('that %s lets nobody in, and that is no fault', async (_what, instead, said) => {
    provider.instead = { '/token': instead };
    const by = new LoginHarness({ SOURCE_ANSWER_BYTES: 4000 });
    expect(await login({ by })).toMatchObject(said);
    expect(by.reports).toEqual([expect.not.stringMatching(/hush|opaque/)]);
  });

  it('that is silent is waited for no longer than a question may take, or than the visitor waits', async () => {
    const { to, kept } = await bench.begun(source());
    const answer = provider.authorize(to);
    provider.instead = { '/token': () => undefined };
    const hasty = new LoginHarness({ SOURCE_TIMEOUT_MS: 50 });
    expect(await hasty.complete(source(), kept, answer)).toMatchObject(away);
    const leaving = new LoginHarness({}, 50);
    expect(await leaving.complete(source(), kept, answer)).toMatchObject(away);
    expect([...hasty.reports, ...leaving.reports]).toEqual(Array(2).fill('127.0.0.1 does not answer in time'));
  });

  it('whose profile is too large lets nobody in', async () => {
    provider.profile = { sub: 'alice', more: 'x'.repeat(2000) };
    expect(await login({ by: new LoginHarness({ SOURCE_PROFILE_BYTES: 1500 }) })).toMatchObject(unproven);
  });

  it('is asked by no more at a time than may be', async () => {
    const by = new LoginHarness({ SOURCE_CONCURRENCY: 1 });
    const { to, kept } = await by.begun(source());
    const answer = provider.authorize(to);
    const completed = await Promise.all([1, 2, 3].map(() => by.complete(source(), kept, answer)));
    expect(completed.filter((said) => 'identity' in said)).toHaveLength(1);
    expect(completed.filter((said) => 'refused' in said)).toMatchObject([away, away]);
  });

  it.each([
    ['another issuer', { issuer: 'https://evil.example' }],
    ['a part of its own', { issuer: 'URL/tenant' }],
    ['no keys', { jwks_uri: undefined }],
    ['a script for an address', { authorization_endpoint: 'javascript:alert(1)' }],
    ['an address without TLS', { authorization_endpoint: 'http://login.example/authorize' }],
  ])('that publishes %s is not begun with', async (_what, { ...metadata }) => {
    provider.metadata = JSON.parse(JSON.stringify(metadata).replace('URL', provider.url));
    if ('jwks_uri' in metadata) provider.metadata = { jwks_uri: undefined };
    expect(await bench.begin(source())).toMatchObject(misconfigured);
  });

  it('that publishes nothing, or nothing just now, is not begun with', async () => {
    const path = '/.well-known/openid-configuration';
    provider.instead = { [path]: (response: ServerResponse) => response.writeHead(404).end() };
    expect(await bench.begin(source())).toMatchObject(misconfigured);
    provider.instead = { [path]: (response: ServerResponse) => response.writeHead(500).end() };
    expect(await bench.begin(source())).toMatchObject(away);
    provider.instead = {};
    await bench.begun(source());
  });

  it.each(['*', 'login.example'])(
    'within the house is not asked unless it is named: %s (accident 43)',
    async (hosts) => {
      const by = new LoginHarness({ SOURCE_HOSTS: hosts });
      expect(await by.begin(source())).toMatchObject(misconfigured);
      for (const host of ['localhost', '[::1]', '10.1.2.3', '169.254.169.254'])
        expect(
          await by.begin(source({ oidc_well_known_url: `https://${host}/.well-known/openid-configuration` })),
        ).toHaveProperty('refused');
      expect(provider.asked).toEqual([]);
    },
  );

  it('gets no secret at an address without TLS, though it publishes that itself', async () => {
    provider.metadata = { token_endpoint: provider.url.replace('127.0.0.1', 'localhost') };
    expect(await login()).toMatchObject(misconfigured);
  });
});
