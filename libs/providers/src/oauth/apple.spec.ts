import { generateKeyPairSync } from 'node:crypto';
import { importSPKI, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeOpenIdProvider } from '../../../../test/support/fake-openid-provider.js';
import { LoginHarness, oauthSource } from '../../testing/login-harness.js';

const { publicKey, privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

let provider: FakeOpenIdProvider;
const harness = new LoginHarness();
beforeEach(async () => {
  provider = await FakeOpenIdProvider.open();
  provider.metadata = { userinfo_endpoint: undefined };
});
afterEach(() => provider.close());

const source = (fields: object = {}) =>
  oauthSource({
    ...{ provider_type: 'apple', consumer_key: 'org.example.login; TEAM ;KEY', consumer_secret: privateKey },
    oidc_well_known_url: `${provider.url}/.well-known/openid-configuration`,
    ...fields,
  });

async function login(callback: Record<string, string> = {}) {
  const { to, kept } = await harness.mustBegin(source());
  return harness.complete(source(), kept, { ...provider.authorize(to), ...callback });
}

describe('a login at Apple', () => {
  it('builds an authorization URL with a state only, because its script supports neither a nonce nor PKCE', async () => {
    const { to, kept } = await harness.mustBegin(source());
    expect(Object.fromEntries(new URL(to).searchParams)).toEqual({
      ...{ client_id: 'org.example.login', response_type: 'code', response_mode: 'form_post', scope: 'name email' },
      redirect_uri: 'https://id.example.org/source/oauth/callback/there/',
      state: expect.any(String),
    });
    expect(kept).toEqual({});
  });

  it('returns the identity from the id token, and the name from the callback', async () => {
    provider.claims = { email: 'a@privaterelay.example', email_verified: 'true' };
    const user = JSON.stringify({ name: { firstName: 'Alice', lastName: 'Liddell' }, email: 'evil@example.org' });
    expect(await login({ user })).toMatchObject({
      identity: {
        identifier: 'alice',
        user: { name: 'Alice Liddell', email: 'a@privaterelay.example', email_verified: true },
      },
    });
    for (const malformed of ['', '{', '[]', '{"name":7}'])
      expect(await login({ user: malformed })).toMatchObject({ identity: { identifier: 'alice' } });
  });

  it('authenticates with a newly signed client secret', async () => {
    await login();
    const { form } = provider.requests.find(({ path }) => path === '/token')!;
    const key = await importSPKI(publicKey, 'ES256');
    const checks = { issuer: 'TEAM', subject: 'org.example.login', audience: provider.url };
    const { payload, protectedHeader } = await jwtVerify(form['client_secret'] ?? '', key, checks);
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'KEY' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
    expect(form).toMatchObject({ client_id: 'org.example.login', code: 'good' });
  });

  it('is refused with an id token for another client, or with an unexpected nonce', async () => {
    provider.claims = { aud: 'org.example.other' };
    expect(await login()).toMatchObject({ refused: { text: expect.stringContaining('verified') } });
    provider.claims = { nonce: 'n' };
    expect(await login()).toMatchObject({ refused: { text: expect.stringContaining('verified') } });
  });

  it('is refused without an id token, although Apple’s script sends no nonce (accident 17)', async () => {
    provider.tokens = { id_token: undefined };
    provider.metadata = {};
    expect(await login()).toMatchObject({ refused: { text: expect.stringContaining('verified') } });
  });

  it.each([
    ['an invalid private key', { consumer_secret: 'hush' }],
    ['an incomplete consumer_key', { consumer_key: 'org.example.login' }],
  ])('is refused as misconfigured with %s, without the reason for the visitor', async (_case, fields) => {
    const { to, kept } = await harness.mustBegin(source(fields));
    const completed = await harness.complete(source(fields), kept, provider.authorize(to));
    expect(completed).toMatchObject({ refused: { wire: 'misconfigured' } });
    expect(harness.reports.at(-1)).toMatch(/^the consumer_/);
    expect(harness.reports.join()).not.toContain('hush');
  });
});
