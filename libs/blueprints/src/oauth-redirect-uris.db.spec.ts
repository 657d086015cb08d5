import { randomBytes } from 'node:crypto';
import type { OauthClient } from '@gatehouse/plan';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
  harness.sealer = new Sealer(`test:${randomBytes(32).toString('base64')}`);
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

/** Applies a provider with these lines as `redirect_uris`. Returns the addresses to which its client may send users. */
const redirectUrisOf = async (...lines: string[]) => (await clientOf(JSON.stringify(lines.join('\n')))).redirect_uris;

/** Applies a provider with `redirect_uris`. Returns its client. */
async function clientOf(uris: string): Promise<OauthClient> {
  const flow = 'identifiers: {slug: az}, attrs: {name: N, title: T, designation: authorization}';
  const attrs = `name: shop, client_id: shop, authorization_flow: !KeyOf flow, redirect_uris: ${uris}`;
  await harness.outcomes(
    entries(
      `{model: authentik_flows.flow, id: flow, ${flow}}`,
      `{model: authentik_providers_oauth2.oauth2provider, id: shop, identifiers: {name: shop}, attrs: {${attrs}}}`,
      '{model: authentik_core.application, identifiers: {slug: shop}, attrs: {name: Shop, provider: !KeyOf shop}}',
    ),
  );
  const [row] = await harness.query<{ document: OauthClient }>('SELECT document FROM flow.oauth_clients');
  return row!.document;
}

describe('redirect_uris of a provider', () => {
  it('with the type logout get no authorization code', async () => {
    const [back, bye] = ['https://shop.example.org/back', 'https://shop.example.org/bye'];
    const list = [
      { matching_mode: 'strict', url: back },
      { matching_mode: 'strict', url: bye, redirect_uri_type: 'logout' },
    ];
    expect(await clientOf(JSON.stringify(list))).toMatchObject({ redirect_uris: [back], logout_uris: [bye] });
    expect(await clientOf(JSON.stringify(back))).toMatchObject({ redirect_uris: [back], logout_uris: [] });
  });

  it.each([
    'https://shop.example.org/back',
    'https://shop.example.org:8443/back?tenant=1',
    'https://shop.example.org',
    'http://localhost/back',
    'http://shop.localhost:3000/back',
    'http://127.0.0.1:3000/back',
    'http://[::1]:3000/back',
  ])('accept %s: https, or http on this computer', async (uri) => {
    expect(await redirectUrisOf(uri)).toEqual([uri]);
  });

  it.each([
    ['http at another host', 'http://shop.example.org/back', 'is http, which only a loopback host may be'],
    [
      'http at a host that begins with localhost',
      'http://localhost.example.org/back',
      'is http, which only a loopback host may be',
    ],
    [
      'http at a host that ends with localhost',
      'http://notlocalhost/back',
      'is http, which only a loopback host may be',
    ],
    [
      'http at a host that begins with 127.0.0.1',
      'http://127.0.0.1.example.org/back',
      'is http, which only a loopback host may be',
    ],
    ['http at 0.0.0.0', 'http://0.0.0.0/back', 'is http, which only a loopback host may be'],
    ['a fragment', 'https://shop.example.org/back#part', 'has a fragment'],
    ['an empty fragment', 'https://shop.example.org/back#', 'has a fragment'],
    ['a name and a password', 'https://user:word@shop.example.org/back', 'has credentials'], // not-a-secret
    ['a name that looks like a host', 'https://shop.example.org@evil.example/back', 'has credentials'],
    ['a script', 'javascript:alert(1)', 'is no http(s) URL'],
    ['a scheme of an app', 'org.example.shop:/back', 'is no http(s) URL'],
    ['no scheme', '//shop.example.org/back', 'is no http(s) URL'],
    ['a path', '/back', 'is no http(s) URL'],
    ['a backslash', 'https://shop.example.org\\@evil.example/', 'is no http(s) URL'],
    ['white space inside', 'https://shop.example.org/a b', 'has white space'],
    ['a control character', 'https://shop.example.org/\tback', 'has white space'],
    ['only a wildcard', '*', 'is no http(s) URL'],
    ['a pattern instead of a scheme', '.*', 'is no http(s) URL'],
  ])('refuse %s, and name its line and the reason', async (_, line, reason) => {
    const uri = 'https://shop.example.org/back';
    const error = await redirectUrisOf(uri, '', line, uri).catch((thrown: unknown) => String(thrown));
    expect(error).toContain(`redirect_uris: Line 3 ${reason}.`);
    expect(error).not.toContain(line);
  });

  it('are stored character by character, in their order, without blank lines and surrounding white space', async () => {
    const uris = [
      'https://SHOP.example.org/Back',
      'https://shop.example.org/a/../b',
      'https://shop.example.org:443/%7e',
    ];
    expect(await redirectUrisOf('', `  ${uris[0]!} `, `${uris[1]!}\r`, '', uris[2]!)).toEqual(uris);
  });

  it('have no wildcards: an asterisk stays an asterisk', async () => {
    const uris = ['https://*.example.org/back', 'https://shop.example.org/*', 'https://shop.example.org/.*'];
    expect(await redirectUrisOf(...uris)).toEqual(uris);
  });

  it('are an empty list when the provider has none', async () => {
    expect(await redirectUrisOf('')).toEqual([]);
  });
});
