import { randomBytes } from 'node:crypto';
import type { OauthClient } from '@gatehouse/plan';
import { Sealer } from '@gatehouse/platform';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
  harness.sealer = new Sealer(`test:${randomBytes(32).toString('base64')}`);
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const FRONT = 'logout_method: frontchannel';

const FLOW =
  '{model: authentik_flows.flow, id: flow, identifiers: {slug: az}, attrs: {name: N, title: T, designation: authorization}}';
const APPLICATION =
  '{model: authentik_core.application, identifiers: {slug: shop}, attrs: {name: Shop, provider: !KeyOf shop}}';

/** Applies the provider of an application with the given fields. */
const apply = (fields: string) =>
  harness.outcomes(
    entries(
      FLOW,
      `{model: authentik_providers_oauth2.oauth2provider, id: shop, identifiers: {name: shop}, attrs: {name: shop, client_id: shop, authorization_flow: !KeyOf flow, ${fields}}}`,
      APPLICATION,
    ),
  );

/** Applies a provider with the given fields. Returns the address that a logout opens. */
async function logoutUriOf(fields: string): Promise<string | undefined> {
  await apply(fields);
  const [row] = await harness.query<{ document: OauthClient }>('SELECT document FROM flow.oauth_clients');
  return row!.document.frontchannel_logout_uri;
}

describe('logout_uri of a provider', () => {
  it.each([
    'https://shop.example.org/logout',
    'https://shop.example.org:8443/logout?tenant=1',
    'http://localhost:3000/logout',
    'http://127.0.0.1:3000/logout',
    'http://[::1]:3000/logout',
    `https://shop.example.org/${'a'.repeat(500 - 'https://shop.example.org/'.length)}`,
  ])('is stored as the address to open at a logout with the method frontchannel: %s', async (uri) => {
    expect(await logoutUriOf(`logout_uri: ${JSON.stringify(uri)}, ${FRONT}`)).toBe(uri);
  });

  it('is not stored as such with another method, or if it is empty', async () => {
    const uri = 'logout_uri: "https://shop.example.org/logout"';
    for (const fields of [uri, `${uri}, logout_method: backchannel`, `logout_uri: "", ${FRONT}`])
      expect(await logoutUriOf(fields)).toBeUndefined();
  });

  it.each([
    [
      'http at another host',
      'http://shop.example.org/logout',
      'The address is http, which only a loopback host may be.',
    ],
    ['a fragment', 'https://shop.example.org/#bye', 'The address has a fragment.'],
    ['a name and a password', 'https://user:word@shop.example.org/', 'The address has credentials.'], // not-a-secret
    ['a script', 'javascript:alert(1)', 'The address is no http(s) URL.'],
    ['data', 'data:text/html,bye', 'The address is no http(s) URL.'],
    ['a path', '/logout', 'The address is no http(s) URL.'],
    ['white space', 'https://shop.example.org/a b', 'The address has white space.'],
    ['more than 500 characters', `https://shop.example.org/${'a'.repeat(500)}`, 'no more than 500 characters'],
  ])('is refused with %s, and the error does not repeat it', async (_, uri, reason) => {
    const error = await logoutUriOf(`logout_uri: ${JSON.stringify(uri)}, ${FRONT}`).catch(String);
    expect(error).toContain('logout_uri');
    expect(error).toContain(reason);
    expect(error).not.toContain(uri);
  });

  it('is refused with an unknown method', async () => {
    const error = await logoutUriOf('logout_method: pigeon').catch(String);
    expect(error).toContain('logout_method');
  });
});

describe('the record of sessions that have signed in to an application', () => {
  const URI = 'logout_uri: "https://shop.example.org/logout", logout_method: frontchannel';
  const clients = async () =>
    (await harness.query<{ client_id: string }>('SELECT client_id FROM flow.signed_in_applications ORDER BY 1')).map(
      ({ client_id }) => client_id,
    );
  beforeEach(() =>
    harness.query(`
      WITH session AS (
        INSERT INTO flow.sessions (id, expires_at) VALUES (gen_random_uuid(), now() + interval '1 hour') RETURNING id)
      INSERT INTO flow.signed_in_applications (session_id, client_id)
      SELECT id, client FROM session, unnest('{shop,wiki}'::text[]) client`),
  );
  afterEach(() => harness.query('DELETE FROM flow.sessions'));

  it('is kept when a blueprint changes the application, and deleted when it removes the logout_uri', async () => {
    await apply(URI);
    await apply(`${URI}, access_token_validity: hours=2`);
    expect(await clients()).toEqual(['shop', 'wiki']);
    await apply('logout_uri: ""');
    expect(await clients()).toEqual(['wiki']);
  });

  it('is deleted when a blueprint removes the application', async () => {
    await apply(URI);
    await harness.outcomes(entries('{model: authentik_core.application, identifiers: {slug: shop}, state: absent}'));
    expect(await clients()).toEqual(['wiki']);
  });
});
