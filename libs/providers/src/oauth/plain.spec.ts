import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeOpenIdProvider } from '../../../../test/support/fake-openid-provider.js';
import { LoginHarness, oauthSource } from '../../testing/login-harness.js';
import { PROVIDERS } from './provider-type.js';

let provider: FakeOpenIdProvider;
const harness = new LoginHarness();
beforeEach(async () => {
  provider = await FakeOpenIdProvider.open();
});
afterEach(() => provider.close());

/** Returns a source with the endpoints of the fake provider. */
const source = (provider_type: string, fields: object = {}) =>
  oauthSource({
    provider_type,
    ...{ authorization_url: `${provider.url}/authorize`, access_token_url: `${provider.url}/token` },
    profile_url: `${provider.url}/me`,
    ...fields,
  });

async function login(type: string, callback: object = {}) {
  const { to, kept } = await harness.mustBegin(source(type));
  return harness.complete(source(type), kept, { ...provider.authorize(to), ...callback });
}

const notFound = (response: ServerResponse) => response.writeHead(404).end();

describe('a login by plain OAuth 2', () => {
  it('uses the default endpoints and scopes of the provider, with PKCE (accident 58)', async () => {
    const { to } = await harness.mustBegin(oauthSource({ provider_type: 'github', additional_scopes: 'read:org' }));
    const parameters = Object.fromEntries(new URL(to).searchParams);
    expect(to).toContain('https://github.com/login/oauth/authorize?');
    expect(parameters).toMatchObject({ scope: 'read:user user:email read:org', code_challenge_method: 'S256' });
    expect(parameters).not.toHaveProperty('nonce');
  });

  it('has default URLs with TLS for every provider type that is not self-hosted', () => {
    for (const { wellKnown, authorization, token, profile } of Object.values(PROVIDERS))
      for (const address of [wellKnown, authorization, token, profile])
        expect(address ?? 'https://').toMatch(/^https:\/\//);
    const withoutDefaults = Object.entries(PROVIDERS).filter(([, { wellKnown, token }]) => !wellKnown && !token);
    expect(withoutDefaults.map(([kind]) => kind).sort()).toEqual(['mailcow', 'okta', 'openidconnect']);
  });

  it('uses the primary email address of GitHub, with its verification status', async () => {
    provider.profile = { id: 583231, login: 'octocat', name: 'Octo Cat', email: null };
    provider.overrides = {
      '/me/emails': [
        { email: 'old@example.org', primary: false, verified: true },
        { email: 'octo@example.org', primary: true, verified: true },
      ],
    };
    expect(await login('github')).toMatchObject({
      identity: {
        identifier: '583231',
        user: { username: 'octocat', name: 'Octo Cat', email: 'octo@example.org', email_verified: true },
      },
    });
    provider.overrides = { '/me/emails': [{ email: 'admin@example.org', primary: true, verified: false }] };
    expect(await login('github')).toMatchObject({
      identity: { user: { email: 'admin@example.org', email_verified: false } },
    });
    provider.overrides = { '/me/emails': notFound };
    expect(await login('github')).toMatchObject({ identity: { user: { username: 'octocat', name: 'Octo Cat' } } });
  });

  it.each([
    [
      'discord',
      { id: '80351110224678912', username: 'nelly', global_name: 'Nelly', email: 'n@example.org', verified: false },
      {
        identifier: '80351110224678912',
        user: { username: 'nelly', name: 'Nelly', email: 'n@example.org', email_verified: false },
      },
    ],
    ['facebook', { id: '42', name: 'Admin' }, { identifier: '42', user: { name: 'Admin' } }],
    [
      'mailcow',
      { id: 'a@example.org', username: 'a@example.org', full_name: 'Alice', email: 'a@example.org' },
      { identifier: 'a@example.org', user: { username: 'a@example.org', name: 'Alice', email: 'a@example.org' } },
    ],
    [
      'patreon',
      {
        data: {
          id: '7',
          attributes: { vanity: 'alice', full_name: 'Alice', email: 'a@example.org', is_email_verified: true },
        },
      },
      { identifier: '7', user: { username: 'alice', name: 'Alice', email: 'a@example.org', email_verified: true } },
    ],
    ['reddit', { id: 'abc', name: 'alice' }, { identifier: 'abc', user: { username: 'alice', name: 'alice' } }],
    [
      'twitter',
      { data: { id: '9', username: 'alice', name: 'Alice' } },
      { identifier: '9', user: { username: 'alice', name: 'Alice' } },
    ],
    [
      'azuread',
      { id: 'u-1', userPrincipalName: 'alice@example.org', displayName: 'Alice', mail: 'a@example.org' },
      { identifier: 'u-1', user: { username: 'alice@example.org', name: 'Alice', email: 'a@example.org' } },
    ],
    [
      'okta',
      { sub: 'o-1', preferred_username: 'alice', name: 'Alice', email: 'a@example.org', email_verified: false },
      {
        identifier: 'o-1',
        user: { username: 'alice', name: 'Alice', email: 'a@example.org', email_verified: false },
      },
    ],
  ])('converts a profile of %s to an identity', async (type, profile, identity) => {
    provider.profile = profile;
    expect(await login(type)).toEqual({ identity: { groups: {}, info: profile, ...identity } });
  });

  it('accepts a token response with scopes as a list and with an unverifiable id token', async () => {
    provider.profile = { id: '1', username: 'a' };
    provider.tokens = { scope: ['a', 'b'], id_token: 'e30.e30.', expires_in: 'soon', token_type: undefined };
    expect(await login('discord')).toMatchObject({ identity: { identifier: '1' } });
    // The same URL in another spelling, such as `https://IdP.example:443/token`.
    const respelled = source('discord', { access_token_url: `${provider.url}/./token` });
    const { to, kept } = await harness.mustBegin(respelled);
    const completed = await harness.complete(respelled, kept, provider.authorize(to));
    expect(completed).toMatchObject({ identity: { identifier: '1' } });
  });

  it('verifies `iss` only when the issuer of the provider is known (RFC 9207)', async () => {
    provider.profile = { id: '1', login: 'a' };
    expect(await login('github', { iss: 'https://ghe.example' })).toMatchObject({ identity: { identifier: '1' } });
    const withKnownIssuer = oauthSource({ provider_type: 'github' });
    const { kept } = await harness.mustBegin(withKnownIssuer);
    const answer = { ...provider.authorize('https://x.example/?state=s'), iss: 'https://evil.example' };
    const state = 'a-state-that-nobody-could-ever-guess-1234';
    expect(await harness.complete(withKnownIssuer, kept, { ...answer, state })).toMatchObject({ refused: {} });
    expect(harness.reports.at(-1)).toContain('iss');
  });

  it.each(['common', 'Organizations'])(
    'treats email addresses of Microsoft as unverified when any tenant may log in: %s',
    async (tenants) => {
      provider.profile = { id: 'u-1', mail: 'ceo@example.org' };
      const fields = { authorization_url: `${provider.url}/${tenants}/oauth2/v2.0/authorize` };
      const { to, kept } = await harness.mustBegin(source('azuread', fields));
      const completed = await harness.complete(source('azuread', fields), kept, provider.authorize(to));
      expect(completed).toMatchObject({ identity: { user: { email: 'ceo@example.org', email_verified: false } } });
    },
  );

  it('needs no metadata if the source has all URLs, as sources of authentik do', async () => {
    provider.profile = { id: 'u-1', mail: 'a@example.org' };
    for (const type of ['github', 'azuread']) {
      // The metadata of authentik's types has no URLs for logins (GitHub), or an issuer for each tenant (Microsoft).
      const exported = source(type, { oidc_well_known_url: `${provider.url}/.well-known/openid-configuration` });
      provider.metadata = { authorization_endpoint: undefined, issuer: 'https://sts.example/{tenantid}/' };
      const { to, kept } = await harness.mustBegin(exported);
      const completed = await harness.complete(exported, kept, provider.authorize(to));
      expect(completed).toMatchObject({ identity: { identifier: 'u-1' } });
    }
  });

  it.each([
    ['is not an object', []],
    ['has no identifier', { email: 'a@example.org' }],
    ['has an identifier that is too long', { id: 'x'.repeat(300) }],
    ['has an identifier with control characters', { id: 'a\u0000b' }],
  ])('is refused when the profile %s', async (_case, profile) => {
    provider.profile = profile as object as Record<string, unknown>;
    expect(await login('discord')).toMatchObject({ refused: { text: expect.stringContaining('verified') } });
  });

  it('is refused if the source lacks endpoints, or would mix metadata with endpoints of its own', async () => {
    const own = { profile_url: `${provider.url}/me` };
    for (const fields of ['openidconnect', 'okta', 'mailcow'].map((type) => ({ provider_type: type })))
      expect(await harness.begin(oauthSource(fields))).toMatchObject({ refused: { wire: 'misconfigured' } });
    expect(await harness.begin(oauthSource({ provider_type: 'google', ...own }))).toMatchObject({
      refused: { wire: 'misconfigured' },
    });
    expect(harness.reports.at(-1)).toContain('google needs oidc_well_known_url, or authorization_url');
  });
});
