import { randomBytes } from 'node:crypto';
import { Sealer } from '@gatehouse/platform';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());
afterEach(() => {
  harness.sealer = undefined;
});

const flow = (title: string, slug = 'login') =>
  `{model: authentik_flows.flow, id: ${slug}, identifiers: {slug: ${slug}}, attrs: {name: N, title: ${title}, designation: authentication}}`;
const titled = (title: string, slug?: string) => entries(flow(title, slug));
const captcha = (secret: string) =>
  `{model: authentik_stages_captcha.captchastage, id: c, identifiers: {name: puzzle}, attrs: {public_key: p, private_key: ${secret}}}`;
const bind = (order: number) =>
  `{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf login, stage: !KeyOf c, order: ${order}}}`;
const withCaptcha = (secret: string) => entries(flow('A'), captcha(secret), bind(1));

const current = async (slug = 'login') => (await harness.currentVersion(slug))?.number;
const states = async () =>
  (await harness.releases().versions('login')).versions.map(({ number, state }) => `${number} ${state}`);
const isHeld = async () => (await harness.releases().versions('login')).isHeld;
/** Applies flows with these titles, each a version. */
const publishAll = async (...titles: string[]) => {
  for (const title of titles) await harness.apply(titled(title));
};
const everything = () =>
  harness.query(`SELECT (SELECT json_agg(o ORDER BY id) FROM flow.objects o) AS objects,
    (SELECT json_agg(f ORDER BY id) FROM flow.flows f) AS flows, (SELECT json_agg(r ORDER BY id) FROM flow.releases r) AS log,
    (SELECT json_agg(b) FROM flow.brand_sets b) AS brands, (SELECT json_agg(u ORDER BY id) FROM directory.users u) AS users,
    (SELECT json_agg(v ORDER BY id) FROM flow.flow_versions v WHERE NOT is_draft) AS versions`);

describe('versions', () => {
  it('are listed with their state, their files and their times', async () => {
    await publishAll('A', 'B');
    await harness.draft(titled('C'));
    const { versions } = await harness.releases().versions('login');
    expect(versions).toMatchObject([
      { number: 3, state: 'draft', origin: '1.yaml', published: null, isCompiled: false },
      { number: 2, state: 'current', origin: '1.yaml', published: expect.any(String), isCompiled: true },
      { number: 1, state: 'earlier', created: expect.any(String), published: expect.any(String) },
    ]);
  });

  it('show the share of a candidate', async () => {
    await publishAll('A');
    await harness.draft(titled('B'));
    await startRollout(2);
    expect((await harness.releases().versions('login')).versions[0]).toMatchObject({
      state: 'candidate',
      percent: 12.5,
    });
  });

  it.each(['versions', 'diff', 'publish', 'rollback'] as const)('%s refuses an unknown flow', async (method) => {
    const releases = harness.releases();
    const run = method === 'diff' ? releases.diff('gone', 1, 2) : releases[method]('gone');
    await expect(run).rejects.toMatchObject({ code: 'unknown_flow', message: expect.stringContaining('slug gone') });
  });
});

const startRollout = (number: number) =>
  harness.query(
    `UPDATE flow.flows f SET candidate_id = v.id, candidate_share = 1250, candidate_until = now() + interval '1 h'
     FROM flow.flow_versions v WHERE v.flow_id = f.id AND v.number = $1`,
    [number],
  );
const candidates = () => harness.query('SELECT candidate_id, candidate_share, candidate_until FROM flow.flows');
const log = async () =>
  (
    await harness.query<{ action: string; number: number; before_number: number | null }>(
      'SELECT action, number, before_number FROM flow.releases ORDER BY id',
    )
  ).map(({ action, number, before_number: before }) => `${action} ${number} after ${before}`);

describe('publish', () => {
  it('makes the newest draft current, or the version with a number', async () => {
    await publishAll('A', 'B');
    await harness.draft(titled('C'));
    await harness.draft(titled('D'));
    expect(await harness.releases().publish('login')).toEqual({ slug: 'login', number: 4, before: 2, isHeld: true });
    expect(await harness.releases().publish('login', 1)).toMatchObject({ number: 1, before: 4 });
    expect(await states()).toEqual(['4 earlier', '3 draft', '2 earlier', '1 current']);
  });

  it('throws nothing_newer if no draft is newer than the current version', async () => {
    await publishAll('A');
    await harness.draft(titled('B'));
    await publishAll('C');
    await expect(harness.releases().publish('login')).rejects.toMatchObject({ code: 'nothing_newer' });
    expect(await current()).toBe(3);
  });

  it.each([0, -1, 1.5, Number.NaN, 3, 2 ** 31, 10 ** 30])('refuses the unknown version %d', async (number) => {
    await publishAll('A', 'B');
    await harness.apply(titled('X', 'other'), titled('Y', 'other'), titled('Z', 'other'));
    await expect(harness.releases().publish('login', number)).rejects.toMatchObject({ code: 'unknown_version' });
    expect(await current()).toBe(2);
  });

  it('changes nothing for the current version', async () => {
    await publishAll('A');
    const before = await everything();
    expect(await harness.releases().publish('login', 1)).toEqual({
      slug: 'login',
      number: 1,
      before: 1,
      isHeld: false,
    });
    expect(await everything()).toEqual(before);
  });

  it('also publishes the slug and the designation of the version, but refuses the slug of another flow', async () => {
    const rename = (slug: string, designation: string) =>
      `{model: authentik_flows.flow, identifiers: {name: N}, attrs: {slug: ${slug}, designation: ${designation}}}`;
    await publishAll('A');
    await harness.draft(entries(rename('enter', 'recovery')));
    expect(await harness.releases().publish('login', 2)).toMatchObject({ slug: 'enter' });
    expect(await harness.currentVersion('enter')).toMatchObject({ designation: 'recovery' });
    expect(await harness.query(`SELECT document->'first' AS first FROM flow.brand_sets`)).toEqual([
      { first: { recovery: 'enter' } },
    ]);
    await harness.releases().rollback('enter');
    await harness.apply(entries(flow('B', 'enter').replace('name: N', 'name: M')));
    await expect(harness.releases().publish('login', 2)).rejects.toMatchObject({ code: 'slug_taken' });
    expect(await current('login')).toBe(1);
  });

  it('refuses a version whose secrets cannot be decrypted, or with an unknown stage', async () => {
    harness.sealer = new Sealer(`a:${randomBytes(32).toString('base64')}`);
    await harness.apply(withCaptcha('hush'));
    await harness.apply(entries(flow('B'), captcha('louder')));
    const lost = harness.releases({ sealer: new Sealer(`b:${randomBytes(32).toString('base64')}`) });
    await expect(lost.publish('login', 1)).rejects.toMatchObject({ code: 'unusable_version' });
    await harness.query(
      `UPDATE flow.flow_versions SET document = jsonb_set(document, '{steps,0,stage,kind}', '"gone"')`,
    );
    await expect(harness.releases().publish('login', 1)).rejects.toThrow('there is no stage gone');
    expect(await current()).toBe(2);
  });

  it('and applying blueprints add a row to the log for each change, and keep the newest rows', async () => {
    await publishAll('A', 'B');
    await harness.releases({ actor: 'tests' }).publish('login', 1, { reason: 'safer' });
    await harness.apply(entries('{model: authentik_flows.flow, state: absent, identifiers: {slug: login}}'));
    expect(await log()).toEqual([
      'published 1 after null',
      'published 2 after 1',
      'published 1 after 2',
      'withdrawn 1 after 1',
    ]);
    expect(await harness.query('SELECT actor, reason FROM flow.releases WHERE reason IS NOT NULL')).toEqual([
      { actor: 'tests', reason: 'safer' },
    ]);
    await harness.applyAs({ releasesKept: 2 }, titled('A'), titled('B', 'other'));
    for (const title of ['C', 'D', 'E']) await harness.applyAs({ releasesKept: 2 }, titled(title));
    expect(await log()).toEqual([
      ...['published 1 after null', 'published 2 after 1', 'published 1 after 2', 'withdrawn 1 after 1'],
      ...['published 1 after null', 'published 3 after 2', 'published 4 after 3'],
    ]);
  });

  it('ends a rollout, as does applying another version', async () => {
    const none = [{ candidate_id: null, candidate_share: null, candidate_until: null }];
    await publishAll('A', 'B');
    await startRollout(1);
    expect(await harness.releases().publish('login', 2)).toMatchObject({ number: 2, before: 2, stoppedRollout: 1 });
    expect(await candidates()).toEqual(none);
    await startRollout(1);
    await publishAll('C');
    expect(await candidates()).toEqual(none);
    await startRollout(2);
    expect(await harness.releases().publish('login', 1)).toMatchObject({ number: 1, stoppedRollout: 2 });
    expect(await candidates()).toEqual(none);
    expect((await log()).filter((line) => line.startsWith('rollout'))).toEqual([
      'rollout_stopped 1 after 2',
      'rollout_stopped 1 after 2',
      'rollout_stopped 2 after 3',
    ]);
  });
});

describe('rollback', () => {
  it('returns to an earlier version each time, and throws nothing_before after the first one', async () => {
    await publishAll('A', 'B', 'C');
    expect(await harness.releases().rollback('login')).toMatchObject({ number: 2, before: 3, isHeld: true });
    expect(await harness.releases().rollback('login')).toMatchObject({ number: 1, before: 2 });
    await expect(harness.releases().rollback('login')).rejects.toMatchObject({ code: 'nothing_before' });
    await harness.releases().publish('login', 3);
    expect(await harness.releases().rollback('login')).toMatchObject({ number: 1, before: 3, isHeld: true });
  });

  it('refuses a version that was deleted, and changes nothing', async () => {
    await publishAll('A', 'B');
    await harness.query('DELETE FROM flow.flow_versions WHERE number = 1');
    await expect(harness.releases().rollback('login')).rejects.toMatchObject({ code: 'version_deleted' });
    expect(await current()).toBe(2);
  });

  it('first only stops a running rollout', async () => {
    await publishAll('A', 'B');
    await startRollout(1);
    expect(await harness.releases().rollback('login')).toMatchObject({ number: 2, before: 2, stoppedRollout: 1 });
    expect(await harness.releases().rollback('login')).toMatchObject({ number: 1, before: 2 });
  });

  it('finds the previous version even if an older Gatehouse has published it without a row in the log', async () => {
    await publishAll('A', 'B');
    await harness.query('DELETE FROM flow.releases');
    await publishAll('C');
    expect(await harness.releases().rollback('login')).toMatchObject({ number: 2 });
  });
});

describe('a held flow', () => {
  beforeEach(async () => {
    await publishAll('A', 'B');
    await harness.releases().rollback('login');
  });

  it('is not published when blueprints are applied: the new version is a draft, and the report names it', async () => {
    const { published, held, isChanged } = await harness.apply(titled('C'));
    expect({ published, held, isChanged }).toEqual({
      ...{ published: [], held: [{ slug: 'login', number: 3, current: 1 }], isChanged: true },
    });
    expect(await states()).toEqual(['3 draft', '2 earlier', '1 current']);
    expect(await harness.releases().publish('login')).toMatchObject({ number: 3, isHeld: false });
    expect((await harness.apply(titled('D'))).published).toMatchObject([{ number: 4 }]);
  });

  it('is no longer held after an apply that compiles to its current version, so that later applies publish it', async () => {
    expect(await harness.apply(titled('A'))).toMatchObject({ published: [], held: [] });
    expect(await isHeld()).toBe(false);
    expect((await harness.apply(titled('C'))).published).toMatchObject([{ number: 3 }]);
  });

  it('stays held when an apply does not change it', async () => {
    expect(await harness.apply(titled('B'))).toMatchObject({ published: [], held: [], isChanged: false });
    expect(await isHeld()).toBe(true);
  });

  it('keeps its current version, its compiled version and a candidate, even if many versions are added', async () => {
    await harness.apply(titled('C'));
    await harness.query('UPDATE flow.flows SET candidate_id = (SELECT id FROM flow.flow_versions WHERE number = 2)');
    for (const title of ['D', 'E', 'F', 'G']) await harness.draftAs({ flowVersionsKept: 2 }, titled(title));
    expect(await states()).toEqual(['7 draft', '6 draft', '3 draft', '2 candidate', '1 current']);
    expect(await isHeld()).toBe(true);
  });

  it('prevents a new flow from taking the slug of its published version', async () => {
    await harness.apply(entries('{model: authentik_flows.flow, identifiers: {name: N}, attrs: {slug: enter}}'));
    await expect(harness.apply(entries(flow('X')))).rejects.toThrow(
      'the slug login is still that of the published version',
    );
    expect(await current()).toBe(1);
  });
});

describe('a draft', () => {
  it('changes nothing else, and its report lists the changes that no draft contains', async () => {
    await publishAll('A');
    const before = await everything();
    const user = '{model: authentik_core.user, identifiers: {username: bob}, attrs: {name: Bob}}';
    const { drafts, leftOut } = await harness.draft(titled('B'), entries(user));
    expect(drafts).toEqual([{ slug: 'login', number: 2, current: 1, isNew: true, state: 'draft' }]);
    expect(leftOut).toMatchObject([{ outcome: 'created', model: 'authentik_core.user' }]);
    expect(await everything()).toEqual(before);
  });

  it('that equals a version is not added, and the report names that version', async () => {
    await publishAll('A', 'B');
    await harness.draft(titled('C'));
    const stateOf = async (title: string) => (await harness.draft(titled(title))).drafts;
    expect(await stateOf('A')).toMatchObject([{ number: 1, isNew: false, state: 'earlier' }]);
    expect(await stateOf('C')).toMatchObject([{ number: 3, isNew: false, state: 'draft' }]);
    expect(await stateOf('B')).toEqual([]);
  });

  it('of an invalid file, or of a new flow, is refused with one line and changes nothing', async () => {
    await publishAll('A');
    const before = await everything();
    await expect(harness.draft(entries(flow('B'), '{model: nonsense, identifiers: {name: x}}'))).rejects.toThrow(
      /^1\.yaml:3: .*nonsense is not a supported model/,
    );
    await expect(harness.draft(titled('X', 'new'))).rejects.toThrow('a draft cannot create the flow new');
    expect(await states()).toEqual(['1 current']);
    expect(await everything()).toEqual(before);
  });

  it('with a secret is not compiled again when its files are applied after it was published', async () => {
    harness.sealer = new Sealer(`a:${randomBytes(32).toString('base64')}`);
    await publishAll('A');
    await harness.draft(withCaptcha('hush'));
    await harness.draft(withCaptcha('hush'));
    expect(await states()).toEqual(['2 draft', '1 current']);
    expect(await harness.releases().publish('login')).toMatchObject({ number: 2, isHeld: true });
    expect(await harness.apply(withCaptcha('hush'))).toMatchObject({ published: [], held: [], isChanged: true });
    expect(await harness.releases().versions('login')).toMatchObject({ isHeld: false, versions: [{ number: 2 }, {}] });
    expect((await harness.apply(withCaptcha('louder'))).published).toMatchObject([{ number: 3 }]);
  });
});

describe('diff', () => {
  it('states whether a secret has changed, but never shows its value', async () => {
    harness.sealer = new Sealer(`a:${randomBytes(32).toString('base64')}`);
    await harness.apply(withCaptcha('hush'));
    await harness.apply(withCaptcha('louder'));
    const step = { part: 'step', name: 'puzzle', change: 'changed' };
    const changed = (secret: string) => [{ ...step, fields: [{ field: 'private_key', secret }] }];
    expect(await harness.releases().diff('login', 1, 2)).toMatchObject(changed('changed'));
    expect(await harness.releases({ sealer: undefined }).diff('login', 1, 2)).toMatchObject(
      changed('may have changed'),
    );
    expect(JSON.stringify(await harness.releases().diff('login', 1, 2))).not.toMatch(/hush|louder|sealed/);
  });
});

describe('a dry run', () => {
  it('reports what would change, with the numbers and differences of versions, and changes nothing', async () => {
    await publishAll('A', 'B');
    await harness.apply(titled('X', 'old'));
    const before = await everything();
    const plan = await harness.plan(
      titled('A'),
      titled('N', 'new'),
      entries('{model: authentik_flows.flow, state: absent, identifiers: {slug: old}}'),
    );
    expect(plan).toMatchObject({
      published: [
        {
          ...{ slug: 'login', number: 1, before: 2, isNew: false },
          changes: [{ part: 'flow', fields: [{ field: 'title', before: 'B', after: 'A' }] }],
        },
        { slug: 'new', number: 1, before: null, isNew: true, changes: [] },
      ],
      ...{ held: [], withdrawn: ['old'], isChanged: true },
    });
    expect(await everything()).toEqual(before);
  });
});
