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

/** Applies a provider with some lines of `redirect_uris`. Returns the addresses to which its client may send users. */
async function redirectUrisOf(...lines: string[]): Promise<readonly string[]> {
  const flow = 'identifiers: {slug: az}, attrs: {name: N, title: T, designation: authorization}';
  const attrs = `name: shop, client_id: shop, authorization_flow: !KeyOf flow, redirect_uris: ${JSON.stringify(lines.join('\n'))}`;
  await harness.outcomes(
    entries(
      `{model: authentik_flows.flow, id: flow, ${flow}}`,
      `{model: authentik_providers_oauth2.oauth2provider, id: shop, identifiers: {name: shop}, attrs: {${attrs}}}`,
      '{model: authentik_core.application, identifiers: {slug: shop}, attrs: {name: Shop, provider: !KeyOf shop}}',
    ),
  );
  const [row] = await harness.query<{ document: OauthClient }>('SELECT document FROM flow.oauth_clients');
  return row!.document.redirect_uris;
}

describe('redirect_uris of a provider', () => {
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
    ['http at another host', 'http://shop.example.org/back'],
    ['http at a host that begins like this computer', 'http://localhost.example.org/back'],
    ['http at a host that ends like this computer', 'http://notlocalhost/back'],
    ['http at an address that begins like this computer', 'http://127.0.0.1.example.org/back'],
    ['http at all addresses of this computer', 'http://0.0.0.0/back'],
    ['a fragment', 'https://shop.example.org/back#part'],
    ['an empty fragment', 'https://shop.example.org/back#'],
    ['a name and a password', 'https://user:word@shop.example.org/back'], // not-a-secret
    ['a name that looks like a host', 'https://shop.example.org@evil.example/back'],
    ['a script', 'javascript:alert(1)'],
    ['a scheme of an app', 'org.example.shop:/back'],
    ['no scheme', '//shop.example.org/back'],
    ['a path', '/back'],
    ['a backslash', 'https://shop.example.org\\@evil.example/'],
    ['white space inside', 'https://shop.example.org/a b'],
    ['a control character', 'https://shop.example.org/\tback'],
    ['a wildcard alone', '*'],
    ['a pattern instead of a scheme', '.*'],
  ])('leave out a line with %s, and keep the others', async (_, line) => {
    const uri = 'https://shop.example.org/back';
    expect(await redirectUrisOf(line, uri)).toEqual([uri]);
  });

  it('are kept character by character, in their order, without blank lines and white space around them', async () => {
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

  it('are none when the provider has none', async () => {
    expect(await redirectUrisOf('')).toEqual([]);
  });
});
