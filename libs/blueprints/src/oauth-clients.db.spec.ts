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

const FLOW =
  '{model: authentik_flows.flow, id: flow, identifiers: {slug: az}, attrs: {name: N, title: T, designation: authorization}}';
const provider = (name: string, attrs = '', identifiers = `name: ${name}`) =>
  `{model: authentik_providers_oauth2.oauth2provider, id: ${name}, identifiers: {${identifiers}}, attrs: {name: ${name}, authorization_flow: !KeyOf flow, client_id: ${name}, ${attrs}}}`;
const application = (slug: string, provided = slug, state = 'present') =>
  `{model: authentik_core.application, id: app-${slug}, state: ${state}, identifiers: {slug: ${slug}}, attrs: {name: The ${slug}, provider: !KeyOf ${provided}}}`;
const STAFF = '{model: authentik_core.group, id: staff, identifiers: {name: staff}}';
const onlyStaff = (slug: string) =>
  `{model: authentik_policies.policybinding, identifiers: {target: !KeyOf app-${slug}, group: !KeyOf staff, order: 0}}`;
const apply = (...lines: string[]) => harness.outcomes(entries(...lines));

async function clients(): Promise<OauthClient[]> {
  const rows = await harness.query<{ document: OauthClient }>(
    'SELECT document FROM flow.oauth_clients ORDER BY client_id',
  );
  return rows.map(({ document }) => document);
}

describe('OAuth clients in blueprints', () => {
  it('are created for applications whose provider has a flow, with the defaults of authentik', async () => {
    await apply(FLOW, provider('tv'), application('tv'), provider('lonely'));
    expect(await clients()).toMatchObject([
      {
        ...{ client_id: 'tv', client_type: 'confidential', flow: 'az', access: { mode: 'any', bindings: [] } },
        ...{ code_lifetime_s: 60, token_lifetime_s: 3600, application: { slug: 'tv', name: 'The tv' } },
      },
    ]);
  });

  it('may send the authorization_details that the provider lists, by default none', async () => {
    const listed = 'authorization_details_types: ["urn:gatehouse:consent"]';
    await apply(FLOW, provider('tv'), application('tv'), provider('bridge', listed), application('bridge'));
    const types = (await clients()).map((client) => [client.client_id, client.authorization_details_types]);
    expect(types).toEqual([
      ['bridge', ['urn:gatehouse:consent']],
      ['tv', []],
    ]);
    const unknown = 'authorization_details_types: ["payment"]';
    await expect(apply(FLOW, provider('tv', unknown), application('tv'))).rejects.toThrow('"payment"');
  });

  it('have a lifetime of 0 when the validity is negative', async () => {
    const attrs = 'access_code_validity: seconds=-5, access_token_validity: seconds=0';
    await apply(FLOW, provider('tv', attrs), application('tv'));
    expect(await clients()).toMatchObject([{ code_lifetime_s: 0, token_lifetime_s: 0 }]);
  });

  it('include the policy bindings of their application', async () => {
    await apply(STAFF, FLOW, provider('tv'), application('tv'), onlyStaff('tv'));
    const [client] = await clients();
    expect(client?.access.bindings).toMatchObject([{ enabled: true, group: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
  });

  it('have their secrets sealed in objects and documents', async () => {
    await apply(FLOW, provider('tv', 'client_secret: open-sesame'), application('tv'));
    const objects = await harness.query('SELECT attrs FROM flow.objects');
    expect(JSON.stringify([objects, await clients()])).not.toContain('open-sesame');
  });

  it('are removed with their application, and can take over the client_id of a removed client', async () => {
    await apply(FLOW, provider('tv'), application('tv'));
    await apply(FLOW, provider('tv'), application('tv', 'tv', 'absent'), provider('radio'), application('radio'));
    expect((await clients()).map(({ client_id }) => client_id)).toEqual(['radio']);
  });

  it('cannot be shared by two applications', async () => {
    await expect(apply(FLOW, provider('tv'), application('tv'), application('twin', 'tv'))).rejects.toThrow(
      'have the same client_id tv',
    );
  });

  it('are found by the numeric pk of a provider in an export of authentik', async () => {
    const numbered = () => [FLOW, provider('tv', '', 'pk: 12'), application('tv')];
    expect(await apply(...numbered())).toEqual(['created az', 'created tv', 'created tv']);
    expect(await apply(...numbered())).toEqual(['unchanged az', 'unchanged tv', 'unchanged tv']);
  });

  it.each(['before', 'after'])(
    'are not confused with a user who has the same pk and whose entry comes %s that of the client',
    async (place) => {
      const ann = '{model: authentik_core.user, identifiers: {pk: 12, username: ann}, attrs: {name: Ann}}';
      const [tv, onlyAnn] = [
        application('tv').replace('!KeyOf tv', '12'),
        onlyStaff('tv').replace('group: !KeyOf staff', 'user: 12'),
      ];
      const providers = [FLOW, provider('tv', '', 'pk: 12')];
      await apply(...(place === 'before' ? [ann, ...providers] : [...providers, ann]), tv, onlyAnn);
      const [user] = await harness.query<{ id: string }>('SELECT id FROM directory.users');
      expect(await clients()).toMatchObject([{ client_id: 'tv', access: { bindings: [{ user: user?.id }] } }]);
    },
  );

  it('are not created for an application whose provider is skipped, and a warning names the provider', async () => {
    const saml = '{model: authentik_providers_saml.samlprovider, id: saml, identifiers: {name: saml}}';
    const { files } = await harness.apply(entries(saml, application('old', 'saml')));
    expect(files[0]?.warnings).toEqual([
      expect.stringContaining('provider omits the reference to the skipped entry "saml"'),
    ]);
    expect(await clients()).toEqual([]);
  });
});
