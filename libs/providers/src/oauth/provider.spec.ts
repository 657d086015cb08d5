import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OpenIdProvider } from '../../../../test/support/openid-provider.js';
import { LoginHarness, oauthSource } from '../../testing/login-harness.js';

const REDIRECT_URI = 'https://id.example.org/source/oauth/callback/there/';
const clientRegistration = { client_id: 'gatehouse', client_secret: 'hush hush', redirect_uris: [REDIRECT_URI] };

let provider: OpenIdProvider;
let otherProvider: OpenIdProvider;
const harness = new LoginHarness();
beforeAll(async () => {
  [provider, otherProvider] = await Promise.all([
    OpenIdProvider.open(clientRegistration),
    OpenIdProvider.open(clientRegistration),
  ]);
});
afterAll(() => Promise.all([provider, otherProvider].map((server) => server?.close())));

const sourceAt = ({ url }: OpenIdProvider) =>
  oauthSource({ oidc_well_known_url: `${url}/.well-known/openid-configuration` });

async function authorize(target: OpenIdProvider) {
  const { to, kept } = await harness.mustBegin(sourceAt(target));
  return { kept, answer: await target.followTo(to, REDIRECT_URI) };
}

const unproven = { refused: { text: 'The answer of {source} could not be verified. Please try again.' } };

describe('a login at a certified OpenID Connect provider', () => {
  it('proves the identity of the user who logs in', async () => {
    provider.person = {
      ...{ sub: 'u-1', preferred_username: 'alice', name: 'Alice', email: 'a@example.org', email_verified: true },
      groups: ['staff'],
    };
    const { kept, answer } = await authorize(provider);
    expect(answer).toMatchObject({ iss: provider.url, code: expect.any(String) });
    expect(await harness.complete(sourceAt(provider), kept, answer)).toMatchObject({
      identity: {
        identifier: 'u-1',
        user: { username: 'alice', name: 'Alice', email: 'a@example.org', email_verified: true },
        groups: { staff: { name: 'staff' } },
      },
    });
  });

  it('is refused for a replayed callback (accident 39)', async () => {
    const { kept, answer } = await authorize(provider);
    expect(await harness.complete(sourceAt(provider), kept, answer)).toHaveProperty('identity');
    expect(await harness.complete(sourceAt(provider), kept, answer)).toMatchObject(unproven);
  });

  it('is refused with the callback of another login, whose PKCE verifier differs (accident 58)', async () => {
    const [mine, others] = [await authorize(provider), await authorize(provider)];
    expect(await harness.complete(sourceAt(provider), mine.kept, others.answer)).toMatchObject(unproven);
  });

  it('is refused with the callback of another provider (mix-up attack)', async () => {
    const { kept, answer } = await authorize(otherProvider);
    expect(await harness.complete(sourceAt(provider), kept, answer)).toMatchObject(unproven);
    const { iss: _iss, ...withoutIssuer } = answer;
    expect(await harness.complete(sourceAt(provider), kept, withoutIssuer)).toMatchObject(unproven);
  });
});
