import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OpenIdProvider } from '../../../../test/support/openid-provider.js';
import { LoginHarness, oauthSource } from '../../testing/login-harness.js';

const REDIRECT_URI = 'https://id.example.org/source/oauth/callback/there/';
const registered = { client_id: 'gatehouse', client_secret: 'hush hush', redirect_uris: [REDIRECT_URI] };

let here: OpenIdProvider;
let elsewhere: OpenIdProvider;
const bench = new LoginHarness();
beforeAll(async () => {
  [here, elsewhere] = await Promise.all([OpenIdProvider.open(registered), OpenIdProvider.open(registered)]);
});
afterAll(() => Promise.all([here, elsewhere].map((provider) => provider?.close())));

const at = ({ url }: OpenIdProvider) => oauthSource({ oidc_well_known_url: `${url}/.well-known/openid-configuration` });

async function begun(provider: OpenIdProvider) {
  const { to, kept } = await bench.begun(at(provider));
  return { kept, answer: await provider.walk(to, REDIRECT_URI) };
}

const unproven = { refused: { text: 'The answer of {source} could not be verified. Please try again.' } };

describe('a provider that is certified for OpenID Connect', () => {
  it('says who logged in there', async () => {
    here.person = {
      ...{ sub: 'u-1', preferred_username: 'alice', name: 'Alice', email: 'a@example.org', email_verified: true },
      groups: ['staff'],
    };
    const { kept, answer } = await begun(here);
    expect(answer).toMatchObject({ iss: here.url, code: expect.any(String) });
    expect(await bench.complete(at(here), kept, answer)).toMatchObject({
      identity: {
        identifier: 'u-1',
        user: { username: 'alice', name: 'Alice', email: 'a@example.org', email_verified: true },
        groups: { staff: { name: 'staff' } },
      },
    });
  });

  it('says so once: a callback that comes again proves nothing (accident 39)', async () => {
    const { kept, answer } = await begun(here);
    expect(await bench.complete(at(here), kept, answer)).toHaveProperty('identity');
    expect(await bench.complete(at(here), kept, answer)).toMatchObject(unproven);
  });

  it('proves nothing for another login, whose verifier is another', async () => {
    const [mine, others] = [await begun(here), await begun(here)];
    expect(await bench.complete(at(here), mine.kept, others.answer)).toMatchObject(unproven);
  });

  it('proves nothing for another provider', async () => {
    const { kept, answer } = await begun(elsewhere);
    expect(await bench.complete(at(here), kept, answer)).toMatchObject(unproven);
    const { iss: _iss, ...nameless } = answer;
    expect(await bench.complete(at(here), kept, nameless)).toMatchObject(unproven);
  });
});
