import { randomBytes, randomUUID } from 'node:crypto';
import type { PublishedSource } from '@gatehouse/contracts';
import { Sealer, SecretBox } from '@gatehouse/platform';
import { openSource, type SealedSource } from '@gatehouse/sources';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let harness: BlueprintHarness;
const sealer = new Sealer(`one:${randomBytes(32).toString('base64')}`);
beforeAll(async () => {
  harness = await BlueprintHarness.open();
  harness.sealer = sealer;
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const oauth = (slug: string, attrs = '') =>
  `{model: authentik_sources_oauth.oauthsource, id: ${slug}, identifiers: {slug: ${slug}}, attrs: {name: N ${slug}, provider_type: discord, consumer_key: key, consumer_secret: hush-hush${attrs && `, ${attrs}`}}}`;
const plex = (slug: string) =>
  `{model: authentik_sources_plex.plexsource, identifiers: {slug: ${slug}}, attrs: {name: Plex, plex_token: hush-hush}}`;
const flow = (slug: string) =>
  `{model: authentik_flows.flow, id: ${slug}, identifiers: {slug: ${slug}}, attrs: {name: N, title: T, designation: enrollment}}`;
const absent = (slug: string) =>
  `{model: authentik_sources_oauth.oauthsource, state: absent, identifiers: {slug: ${slug}}}`;
const identification = (sources: string) =>
  `{model: authentik_stages_identification.identificationstage, id: ident, identifiers: {name: ident}, attrs: {sources: [${sources}]}}`;

async function published(): Promise<PublishedSource[]> {
  const rows = await harness.query<{ document: SealedSource }>(
    'SELECT document FROM identification.sources ORDER BY slug',
  );
  return rows.map(({ document }) => openSource(document, new SecretBox(sealer)));
}

describe('sources in blueprints', () => {
  it('are published with the defaults of authentik and the slugs of their flows', async () => {
    await harness.apply(entries(flow('join'), oauth('hub', 'enrollment_flow: !KeyOf join'), plex('plex')));
    const defaults = {
      enabled: true,
      authentication_flow: null,
      user_matching_mode: 'identifier',
      group_matching_mode: 'identifier',
      user_path_template: 'goauthentik.io/sources/%(slug)s',
      icon: null,
    };
    expect(await published()).toEqual([
      expect.objectContaining({ ...defaults, slug: 'hub', enrollment_flow: 'join', provider_type: 'discord' }),
      expect.objectContaining({ ...defaults, slug: 'plex', allow_friends: true, allowed_servers: [] }),
    ]);
  });

  it('have their secrets sealed in both tables', async () => {
    await harness.apply(entries(oauth('hub'), plex('plex')));
    const rows = await harness.query(
      'SELECT document AS stored FROM identification.sources UNION SELECT attrs FROM flow.objects',
    );
    expect(JSON.stringify(rows)).not.toContain('hush-hush');
    const secrets = (await published()).map((source) =>
      'plex_token' in source ? source.plex_token : source.consumer_secret,
    );
    expect(secrets).toEqual(['hush-hush', 'hush-hush']);
  });

  it('keep their random Plex client_id', async () => {
    await harness.apply(entries(plex('plex')));
    const before = await published();
    expect(before[0]).toHaveProperty('client_id', expect.stringMatching(/^[0-9a-f]{40}$/));
    await harness.apply(entries(plex('plex')));
    expect(await published()).toEqual(before);
  });

  it('take effect when applied, without a new version of the flows that show them', async () => {
    const stage = identification('!KeyOf hub');
    const bound =
      '{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf a, stage: !KeyOf ident, order: 1}}';
    await harness.apply(entries(oauth('hub'), flow('a'), stage, bound));
    expect((await harness.currentVersion('a'))?.document.steps[0]?.stage.config['sources']).toEqual([
      (await published())[0]?.uuid,
    ]);
    await harness.apply(entries(oauth('hub', 'enabled: false')));
    expect(await published()).toMatchObject([{ enabled: false }]);
    expect((await harness.currentVersion('a'))?.number).toBe(1);
  });

  it('are removed with their user connections, and from the stages that show them', async () => {
    await harness.apply(entries(oauth('hub'), oauth('other'), identification('!KeyOf hub, !KeyOf other')));
    const connect =
      'INSERT INTO identification.connections (source_id, identifier, user_id) SELECT id, slug, $1 FROM identification.sources';
    await harness.query(connect, [randomUUID()]);
    await harness.apply(entries(absent('hub')));
    expect(await published()).toMatchObject([{ slug: 'other' }]);
    expect(await harness.query('SELECT identifier FROM identification.connections')).toEqual([{ identifier: 'other' }]);
  });

  it('have unique slugs across all protocols', async () => {
    await expect(harness.apply(entries(oauth('hub'), plex('hub')))).rejects.toThrow('unique');
  });

  it('are refused with a URL that is not http(s), or an unknown provider', async () => {
    await expect(harness.apply(entries(oauth('hub', 'authorization_url: "javascript:alert(1)"')))).rejects.toThrow(
      'URL',
    );
    const unknown = oauth('hub').replace('discord', 'acme');
    await expect(harness.apply(entries(unknown))).rejects.toThrow('"acme" is not a valid choice.');
  });
});
