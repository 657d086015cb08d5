import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const flow = (slug: string, attrs = '') =>
  `{model: authentik_flows.flow, id: ${slug}, identifiers: {slug: ${slug}}, attrs: {name: N, title: T, designation: authentication, ${attrs}}}`;
const dummy = (name: string, attrs = '{}') =>
  `{model: authentik_stages_dummy.dummystage, id: ${name}, identifiers: {name: ${name}}, attrs: ${attrs}}`;
const bind = (target: string, stage: string, order: string | number) =>
  `{model: Authentik_Flows.FlowStageBinding, identifiers: {target: !KeyOf ${target}, stage: !KeyOf ${stage}, order: ${order}}}`;

describe('TypeormPublisher', () => {
  it('publishes every flow that uses a changed stage, and no other flow', async () => {
    await harness.apply(
      entries(
        flow('a'),
        flow('b'),
        flow('c'),
        dummy('s'),
        dummy('t'),
        bind('a', 's', 1),
        bind('b', 's', 1),
        bind('c', 't', 1),
      ),
    );
    const { published } = await harness.apply(entries(dummy('s', '{throw_error: true}')));
    expect(published).toMatchObject([
      { slug: 'a', number: 2 },
      { slug: 'b', number: 2 },
    ]);
  });

  it('reuses an earlier version with the same document', async () => {
    await harness.apply(entries(flow('a', 'layout: stacked')));
    await harness.apply(entries(flow('a', 'layout: sidebar_left')));
    const { published } = await harness.apply(entries(flow('a', 'layout: stacked')));
    expect(published).toMatchObject([{ slug: 'a', number: 1 }]);
    expect(await harness.query('SELECT count(*)::int AS n FROM flow.flow_versions')).toEqual([{ n: 2 }]);
  });

  it('updates the slug of a renamed flow in the configs of stages', async () => {
    await harness.apply(
      entries(
        flow('a'),
        flow('b'),
        `{model: authentik_stages_password.passwordstage, id: pw, identifiers: {name: pw}, attrs: {backends: [authentik.core.auth.InbuiltBackend], configure_flow: !KeyOf b}}`,
        bind('a', 'pw', 1),
      ),
    );
    const rename = `{model: authentik_flows.flow, identifiers: {pk: !Find [authentik_flows.flow, [slug, b]]}, attrs: {slug: b2}}`;
    await harness.apply(entries(rename));
    expect((await harness.currentVersion('a'))?.document.steps[0]?.stage.config['configure_flow']).toBe('b2');
  });

  it('lets a flow take over the slug of a flow that is renamed in the same run', async () => {
    await harness.apply(entries(flow('a'), flow('b')));
    const rename = (from: string, to: string) =>
      `{model: authentik_flows.flow, identifiers: {pk: !Find [authentik_flows.flow, [slug, ${from}]]}, attrs: {slug: ${to}}}`;
    const { published } = await harness.apply(entries(rename('b', 'old'), rename('a', 'b')));
    expect(published.map(({ slug }) => slug)).toEqual(['b', 'old']);
  });

  it('sorts steps of equal order by the ids of their bindings', async () => {
    const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
    const bound = (stage: string, pk: string) =>
      `{model: authentik_flows.flowstagebinding, identifiers: {pk: ${pk}, target: !KeyOf a, stage: !KeyOf ${stage}, order: 1}}`;
    await harness.apply(entries(flow('a'), dummy('x'), dummy('y'), bound('x', id(2)), bound('y', id(1))));
    expect(await harness.stepNames('a')).toEqual(['y', 'x']);
  });

  describe('with flowVersionsKept', () => {
    /** Publishes the next version of a flow: each run binds one more stage. */
    const publishNext = async (...orders: number[]) => {
      for (const order of orders)
        await harness.applyAs({ flowVersionsKept: 2 }, entries(flow('a'), dummy('s'), bind('a', 's', order)));
    };
    const versions = () =>
      harness.query<{ id: string; flow: string; number: number }>(
        'SELECT id, flow_id AS flow, number FROM flow.flow_versions ORDER BY number',
      );
    const numbers = async () => (await versions()).map(({ number }) => number);
    afterEach(() => harness.query('TRUNCATE flow.sessions, flow.resume_tokens CASCADE'));

    it('keeps the newest versions of each flow', async () => {
      await harness.apply(entries(flow('other')));
      await publishNext(1, 2, 3, 4);
      expect(await numbers()).toEqual([1, 3, 4]);
      expect((await harness.currentVersion('a'))?.document.steps).toHaveLength(4);
    });

    it('keeps the current version, even if a flow has returned to an old version', async () => {
      for (const layout of ['stacked', 'sidebar_left', 'sidebar_right'])
        await harness.apply(entries(flow('a', `layout: ${layout}`)));
      await harness.applyAs({ flowVersionsKept: 2 }, entries(flow('a', 'layout: stacked')));
      expect(await numbers()).toEqual([1, 2, 3]);
    });

    it('keeps the previously current version for a rollback, even if it is old', async () => {
      for (const layout of ['stacked', 'sidebar_left', 'sidebar_right', 'stacked'])
        await harness.apply(entries(flow('a', `layout: ${layout}`)));
      const next = entries(flow('a', 'layout: content_left'));
      await harness.applyAs({ flowVersionsKept: 2 }, next);
      expect(await numbers()).toEqual([1, 3, 4]);
      expect(await harness.releases().rollback('a')).toMatchObject({ number: 1, before: 4 });
    });

    it.each(['a plan', 'a mailed link'])('keeps a version that %s continues, until that has ended', async (holder) => {
      await publishNext(1);
      const [first] = await versions();
      if (holder === 'a plan') {
        const [session] = await harness.query<{ id: string }>(
          'INSERT INTO flow.sessions (id, expires_at) VALUES (gen_random_uuid(), now()) RETURNING id',
        );
        await harness.query(
          `INSERT INTO flow.plans (session_id, flow_id, id, revision, version_id, body, expires_at)
           VALUES ($1, $2, gen_random_uuid(), 0, $3, 'x', now())`,
          [session!.id, first!.flow, first!.id],
        );
      } else {
        await harness.query(
          `INSERT INTO flow.resume_tokens (hash, flow_id, version_id, plan_id, step_id, body, expires_at)
           VALUES ('h', $1, $2, gen_random_uuid(), 's', 'x', now())`,
          [first!.flow, first!.id],
        );
      }
      await publishNext(2, 3, 4);
      expect(await numbers()).toEqual([1, 3, 4]);
      await harness.query('TRUNCATE flow.plans, flow.resume_tokens');
      await publishNext(5);
      expect(await numbers()).toEqual([4, 5]);
    });
  });

  it('applies 600 entries within the test timeout', async () => {
    const many = Array.from({ length: 200 }, (_, i) => [
      flow(`f${i}`),
      dummy(`s${i}`),
      bind(`f${i}`, `s${i}`, 1),
    ]).flat();
    const report = await harness.apply(entries(...many));
    expect(report.published).toHaveLength(200);
    expect((await harness.apply(entries(...many))).published).toEqual([]);
  });
});
