import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let bed: BlueprintHarness;
beforeAll(async () => {
  bed = await BlueprintHarness.open();
});
afterAll(() => bed?.close());
beforeEach(() => bed.empty());

const flow = (slug: string, attrs = '') =>
  `{model: authentik_flows.flow, id: ${slug}, identifiers: {slug: ${slug}}, attrs: {name: N, title: T, designation: authentication, ${attrs}}}`;
const dummy = (name: string, attrs = '{}') =>
  `{model: authentik_stages_dummy.dummystage, id: ${name}, identifiers: {name: ${name}}, attrs: ${attrs}}`;
const bind = (target: string, stage: string, order: string | number) =>
  `{model: Authentik_Flows.FlowStageBinding, identifiers: {target: !KeyOf ${target}, stage: !KeyOf ${stage}, order: ${order}}}`;

describe('publishing', () => {
  it('republishes every flow that uses an edited stage, and no other', async () => {
    await bed.apply(
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
    const { published } = await bed.apply(entries(dummy('s', '{throw_error: true}')));
    expect(published).toEqual([
      { slug: 'a', number: 2 },
      { slug: 'b', number: 2 },
    ]);
  });

  it('uses an earlier version again when a flow is as it was', async () => {
    await bed.apply(entries(flow('a', 'layout: stacked')));
    await bed.apply(entries(flow('a', 'layout: sidebar_left')));
    const { published } = await bed.apply(entries(flow('a', 'layout: stacked')));
    expect(published).toEqual([{ slug: 'a', number: 1 }]);
    expect(await bed.query('SELECT count(*)::int AS n FROM flow.flow_versions')).toEqual([{ n: 2 }]);
  });

  it('follows a renamed flow into the links of stages', async () => {
    await bed.apply(
      entries(
        flow('a'),
        flow('b'),
        `{model: authentik_stages_password.passwordstage, id: pw, identifiers: {name: pw}, attrs: {backends: [authentik.core.auth.InbuiltBackend], configure_flow: !KeyOf b}}`,
        bind('a', 'pw', 1),
      ),
    );
    const rename = `{model: authentik_flows.flow, identifiers: {pk: !Find [authentik_flows.flow, [slug, b]]}, attrs: {slug: b2}}`;
    await bed.apply(entries(rename));
    expect((await bed.current('a'))?.document.steps[0]?.stage.config['configure_flow']).toBe('b2');
  });

  it('lets a flow take the slug that another one gives up', async () => {
    await bed.apply(entries(flow('a'), flow('b')));
    const rename = (from: string, to: string) =>
      `{model: authentik_flows.flow, identifiers: {pk: !Find [authentik_flows.flow, [slug, ${from}]]}, attrs: {slug: ${to}}}`;
    const { published } = await bed.apply(entries(rename('b', 'old'), rename('a', 'b')));
    expect(published.map(({ slug }) => slug)).toEqual(['b', 'old']);
  });

  it('orders steps of equal order by the ids of their bindings', async () => {
    const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
    const bound = (stage: string, pk: string) =>
      `{model: authentik_flows.flowstagebinding, identifiers: {pk: ${pk}, target: !KeyOf a, stage: !KeyOf ${stage}, order: 1}}`;
    await bed.apply(entries(flow('a'), dummy('x'), dummy('y'), bound('x', id(2)), bound('y', id(1))));
    expect(await bed.stepNames('a')).toEqual(['y', 'x']);
  });

  it('applies 600 entries and stays quick', async () => {
    const many = Array.from({ length: 200 }, (_, i) => [
      flow(`f${i}`),
      dummy(`s${i}`),
      bind(`f${i}`, `s${i}`, 1),
    ]).flat();
    const report = await bed.apply(entries(...many));
    expect(report.published).toHaveLength(200);
    expect((await bed.apply(entries(...many))).published).toEqual([]);
  });
});
