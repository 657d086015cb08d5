import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, flowEntries, LOGIN } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { OpenIdProvider } from '../support/openid-provider.js';
import { writing } from '../support/prompts.js';
import { oauthEntry } from '../support/sources.js';

const CALLBACK = '/source/oauth/callback/hub/';

let deployment: Deployment;
let openId: OpenIdProvider;

beforeAll(async () => {
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    services: ['identification', 'enrollment', 'session'],
    environment: { SOURCE_HOSTS: '127.0.0.1' },
    blueprints: [],
  });
  const client = { client_id: 'key', client_secret: 'secret', redirect_uris: [`${deployment.url}${CALLBACK}`] };
  openId = await OpenIdProvider.open(client);
  await deployment.apply(
    blueprint(
      flowEntries('known', [writing('never_create'), LOGIN]),
      flowEntries('new', [writing('always_create'), LOGIN], { designation: 'enrollment' }),
      oauthEntry('hub', { oidc_well_known_url: `${openId.url}/.well-known/openid-configuration` }),
    ),
  );
});
afterAll(async () => {
  await deployment?.close();
  await openId?.close();
});

/** Logs in at the source with these claims, and returns the account afterwards. */
async function accountAfterLogin(claims: object) {
  openId.person = { sub: 'n-1', ...claims };
  const browser = deployment.browser();
  const redirect = await browser.fetch('/source/oauth/login/hub/');
  const answer = await openId.followTo(redirect.headers.get('location') ?? '', `${deployment.url}${CALLBACK}`);
  const { headers } = await browser.fetch(`${CALLBACK}?${new URLSearchParams(answer)}`);
  const [path = '', query = ''] = (headers.get('location') ?? '').split('?');
  expect((await browser.show(path.split('/')[3] ?? '', query)).body).toMatchObject({ component: 'xak-flow-redirect' });
  return (await deployment.rows('SELECT username, name, email, verified_email FROM directory.users'))[0];
}

it('a login by a source updates a known user, but not with an unverified address or an invalid name', async () => {
  const nina = { preferred_username: 'nina', name: 'Nina', email: 'nina@example.org', email_verified: true };
  const account = { username: 'nina', name: 'Nina', email: 'nina@example.org', verified_email: 'nina@example.org' };
  expect(await accountAfterLogin(nina)).toEqual(account);
  const renamed = { ...nina, name: 'Nina N.', email: 'victim@example.org', email_verified: false };
  expect(await accountAfterLogin(renamed)).toEqual({ ...account, name: 'Nina N.' });
  const email = 'n@example.org';
  expect(await accountAfterLogin({ ...renamed, email, email_verified: true })).toEqual({
    ...{ ...account, name: 'Nina N.', email, verified_email: email },
  });
  // No user may have bidirectional controls in a name.
  expect(
    await accountAfterLogin({ ...nina, email, name: '\u2067Nina\u2069', preferred_username: 'ni\u202ena' }),
  ).toEqual({
    ...{ ...account, name: 'Nina N.', email, verified_email: email },
  });
});
