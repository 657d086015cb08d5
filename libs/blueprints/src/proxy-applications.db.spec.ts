import type { ProxyApplication } from '@gatehouse/plan';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const LOGIN =
  '{model: authentik_flows.flow, id: login, identifiers: {slug: login}, attrs: {name: L, title: L, designation: authentication}}';
const AUTHORIZATION =
  '{model: authentik_flows.flow, id: az, identifiers: {slug: az}, attrs: {name: A, title: A, designation: authorization}}';
const provider = (name: string, attrs = '', host = `https://${name}.example.org`) =>
  `{model: authentik_providers_proxy.proxyprovider, id: ${name}, identifiers: {name: ${name}}, attrs: {mode: forward_single, external_host: "${host}", ${attrs}}}`;
const application = (slug: string, provided = slug, state = 'present') =>
  `{model: authentik_core.application, id: app-${slug}, state: ${state}, identifiers: {slug: ${slug}}, attrs: {name: The ${slug}, provider: !KeyOf ${provided}}}`;
const apply = (...lines: string[]) => harness.outcomes(entries(...lines));

async function sites(): Promise<ProxyApplication[]> {
  const rows = await harness.query<{ document: ProxyApplication }>(
    'SELECT document FROM flow.proxy_applications ORDER BY origin',
  );
  return rows.map(({ document }) => document);
}

describe('sites behind forward auth in blueprints', () => {
  it('are the applications with a proxy provider, with the defaults of authentik', async () => {
    await apply(provider('wiki'), application('wiki'), provider('lonely'));
    const bound = { mode: 'any', bindings: [] };
    expect(await sites()).toMatchObject([
      {
        ...{ provider: 'wiki', origin: 'https://wiki.example.org', session_lifetime_s: 86_400, access: bound },
        application: { slug: 'wiki', name: 'The wiki' },
      },
    ]);
  });

  it('have the login flow and lifetime of their provider, and the policy bindings of their application', async () => {
    const staff = '{model: authentik_core.group, id: staff, identifiers: {name: staff}}';
    const binding =
      '{model: authentik_policies.policybinding, identifiers: {target: !KeyOf app-wiki, group: !KeyOf staff, order: 0}}';
    const attrs = 'authentication_flow: !KeyOf login, access_token_validity: minutes=5';
    await apply(staff, LOGIN, provider('wiki', attrs), application('wiki'), binding);
    const [site] = await sites();
    expect(site).toMatchObject({ login_flow: 'login', session_lifetime_s: 300 });
    expect(site?.access.bindings).toMatchObject([{ enabled: true, group: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
  });

  it('are removed with their application, and their host can be taken over', async () => {
    await apply(provider('wiki'), application('wiki'));
    const next = provider('other', '', 'https://wiki.example.org/');
    await apply(provider('wiki'), application('wiki', 'wiki', 'absent'), next, application('other'));
    expect(await sites()).toMatchObject([{ provider: 'other', origin: 'https://wiki.example.org' }]);
  });

  it('cannot share a host', async () => {
    const twin = provider('twin', '', 'https://WIKI.example.org:443');
    await expect(apply(provider('wiki'), application('wiki'), twin, application('twin'))).rejects.toThrow(
      'the applications wiki and twin have the same external_host https://wiki.example.org',
    );
  });

  it.each(['http://localhost:8080', 'http://wiki.localhost', 'http://127.0.0.1:90', 'https://wiki.example.org:8443/'])(
    'may have the host %s',
    async (host) => {
      await apply(provider('wiki', '', host), application('wiki'));
      expect(await sites()).toMatchObject([{ origin: host.replace(/\/$/, '') }]);
    },
  );

  it.each([
    ...['http://wiki.example.org', 'wiki.example.org', '//wiki.example.org', 'ftp://wiki.example.org', 'https://'],
    ...['https://user@wiki.example.org', 'https://wiki.example.org/path', 'https://wiki.example.org?', 'javascript:1'],
    ...[
      'https://wiki.example.org.',
      'https://wiki.example.org#',
      'http://127.0.0.1.example.org',
      'http://notlocalhost',
    ],
    ...['https:\\\\\\\\wiki.example.org', 'https://wiki. example.org'],
  ])('cannot have the host %s', async (host) => {
    await expect(apply(provider('wiki', '', host))).rejects.toThrow(/external_host: Expected https:\/\/ with a host/);
  });

  it.each(['proxy', 'forward_domain'])('cannot have the mode %s', async (mode) => {
    const other = provider('wiki').replace('forward_single', mode);
    await expect(apply(other)).rejects.toThrow('mode: The mode must be forward_single.');
  });

  it('cannot have an authorization flow with stages or policies', async () => {
    const attrs = 'authorization_flow: !KeyOf az';
    const stage = '{model: authentik_stages_dummy.dummystage, id: page, identifiers: {name: page}}';
    const bound =
      '{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf az, stage: !KeyOf page, order: 10}}';
    await apply(AUTHORIZATION, provider('wiki', attrs), application('wiki'));
    expect(await sites()).toHaveLength(1);
    await expect(apply(AUTHORIZATION, stage, bound)).rejects.toThrow(
      'the proxy provider wiki has the authorization flow az, which has stages or policies',
    );
  });

  it('ignore fields of authentik that Gatehouse does not have, and a warning names them', async () => {
    const { files } = await harness.apply(
      entries(provider('wiki', 'skip_path_regex: "/open", basic_auth_enabled: true'), application('wiki')),
    );
    expect(files[0]?.warnings.join()).toMatch(/skip_path_regex.*basic_auth_enabled/s);
  });
});
