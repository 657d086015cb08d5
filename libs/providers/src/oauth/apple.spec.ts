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
const bench = new LoginHarness();
beforeEach(async () => {
  provider = await FakeOpenIdProvider.open();
  provider.metadata = { userinfo_endpoint: undefined };
});
afterEach(() => provider.close());

const source = (given: object = {}) =>
  oauthSource({
    ...{ provider_type: 'apple', consumer_key: 'org.example.login; TEAM ;KEY', consumer_secret: privateKey },
    oidc_well_known_url: `${provider.url}/.well-known/openid-configuration`,
    ...given,
  });

async function login(bend: Record<string, string> = {}) {
  const { to, kept } = await bench.begun(source());
  return bench.complete(source(), kept, { ...provider.authorize(to), ...bend });
}

describe('a login at Apple', () => {
  it('asks for a form, for names and addresses, with a state and nothing that its script could not pass on', async () => {
    const { to, kept } = await bench.begun(source());
    expect(Object.fromEntries(new URL(to).searchParams)).toEqual({
      ...{ client_id: 'org.example.login', response_type: 'code', response_mode: 'form_post', scope: 'name email' },
      redirect_uri: 'https://id.example.org/source/oauth/callback/there/',
      state: expect.any(String),
    });
    expect(kept).toEqual({});
  });

  it('knows somebody by the id token, whose name the browser brings once', async () => {
    provider.claims = { email: 'a@privaterelay.example', email_verified: 'true' };
    const user = JSON.stringify({ name: { firstName: 'Alice', lastName: 'Liddell' }, email: 'evil@example.org' });
    expect(await login({ user })).toMatchObject({
      identity: {
        identifier: 'alice',
        user: { name: 'Alice Liddell', email: 'a@privaterelay.example', email_verified: true },
      },
    });
    for (const odd of ['', '{', '[]', '{"name":7}'])
      expect(await login({ user: odd })).toMatchObject({ identity: { identifier: 'alice' } });
  });

  it('proves itself by a secret that it signs for this one question', async () => {
    await login();
    const { form } = provider.asked.find(({ path }) => path === '/token')!;
    const key = await importSPKI(publicKey, 'ES256');
    const checks = { issuer: 'TEAM', subject: 'org.example.login', audience: provider.url };
    const { payload, protectedHeader } = await jwtVerify(form['client_secret'] ?? '', key, checks);
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'KEY' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
    expect(form).toMatchObject({ client_id: 'org.example.login', code: 'good' });
  });

  it('is refused with an id token for another application, or with a nonce that nobody asked for', async () => {
    provider.claims = { aud: 'org.example.other' };
    expect(await login()).toMatchObject({ refused: { text: expect.stringContaining('verified') } });
    provider.claims = { nonce: 'n' };
    expect(await login()).toMatchObject({ refused: { text: expect.stringContaining('verified') } });
  });

  it.each([
    ['a key that is none', { consumer_secret: 'hush' }],
    ['a name without its parts', { consumer_key: 'org.example.login' }],
  ])('lets nobody in by %s, and says so to the log alone', async (_what, given) => {
    const { to, kept } = await bench.begun(source(given));
    const completed = await bench.complete(source(given), kept, provider.authorize(to));
    expect(completed).toMatchObject({ refused: { wire: 'misconfigured' } });
    expect(bench.reports.at(-1)).toMatch(/^the consumer_/);
    expect(bench.reports.join()).not.toContain('hush');
  });
});
