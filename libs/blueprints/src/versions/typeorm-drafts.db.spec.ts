import { randomBytes } from 'node:crypto';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
  harness.sealer = new Sealer(`a:${randomBytes(32).toString('base64')}`);
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const flow =
  '{model: authentik_flows.flow, id: login, identifiers: {slug: login}, attrs: {name: N, title: A, designation: authentication}}';
const bind = (order: number) =>
  `{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf login, stage: !KeyOf c, order: ${order}}}`;

describe('a draft', () => {
  it.each([
    ['group staff', '{model: authentik_core.group, id: x, identifiers: {name: staff}}', 'group: !KeyOf x'],
    [
      'user ann',
      '{model: authentik_core.user, id: x, identifiers: {username: ann}, attrs: {name: A}}',
      'user: !KeyOf x',
    ],
  ])(
    'is refused if its own files create the %s to which it refers, until a blueprint creates it',
    async (name, entry, attrs) => {
      await harness.apply(entries(flow));
      const condition = `{model: authentik_policies.policybinding, identifiers: {target: !KeyOf login, order: 0}, attrs: {${attrs}}}`;
      const files = entries(flow, entry, condition);
      await expect(harness.draft(files)).rejects.toThrow(
        `a draft cannot use the ${name}, because it does not exist yet.`,
      );
      expect((await harness.releases().versions('login')).versions).toHaveLength(1);
      await harness.apply(entries(entry));
      expect((await harness.draft(files)).drafts).toMatchObject([{ number: 2, isNew: true }]);
    },
  );

  it('is refused if its own files create the source to which it refers, until a blueprint creates it', async () => {
    await harness.apply(entries(flow));
    const source =
      '{model: authentik_sources_plex.plexsource, id: plex, identifiers: {slug: plex}, attrs: {name: Plex, plex_token: t}}';
    const stage =
      '{model: authentik_stages_identification.identificationstage, id: c, identifiers: {name: who}, attrs: {sources: [!KeyOf plex]}}';
    const files = entries(flow, source, stage, bind(1));
    await expect(harness.draft(files)).rejects.toThrow(
      'a draft cannot use the source plex, because it does not exist yet.',
    );
    await harness.apply(entries(source));
    expect((await harness.draft(files)).drafts).toMatchObject([{ number: 2, isNew: true }]);
  });

  it('equals the version that applying its files compiles, even if a binding returns to an earlier order', async () => {
    const page = '{model: authentik_stages_dummy.dummystage, id: c, identifiers: {name: page}}';
    const moved =
      '{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf login, stage: !KeyOf c}, attrs: {order: 20}}';
    await harness.apply(entries(flow, page, bind(10)), entries(flow, page, moved));
    const files = entries(flow, page, bind(10));
    expect((await harness.draft(files)).drafts).toMatchObject([{ number: 2, isNew: true }]);
    expect((await harness.draft(files)).drafts).toMatchObject([{ number: 2, isNew: false }]);
    await harness.releases().publish('login', 2);
    expect(await harness.apply(files)).toMatchObject({ published: [], held: [] });
  });
});
