import type { BrandSet } from '@gatehouse/plan';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const flow = (slug: string, state = 'present') =>
  `{model: authentik_flows.flow, id: ${slug}, state: ${state}, identifiers: {slug: ${slug}}, attrs: {name: N, title: T, designation: recovery}}`;
const brand = (domain: string, attrs = '', state = 'present') =>
  `{model: authentik_brands.brand, state: ${state}, identifiers: {domain: ${domain}}, attrs: {${attrs}}}`;
const apply = (...lines: string[]) => harness.outcomes(entries(...lines));

async function stored() {
  const [row] = await harness.query<{ revision: string; document: BrandSet }>('SELECT * FROM flow.brand_sets');
  return row!;
}
const brands = async () => (await stored()).document.brands;

describe('brands in blueprints', () => {
  it('are stored with the defaults of authentik, except that the title is empty', async () => {
    expect(await apply(brand('b.example'), brand('a.example', 'default: true, branding_title: A'))).toEqual([
      'created b.example',
      'created a.example',
    ]);
    const plain = { title: '', logo: '', favicon: '', custom_css: '', flows: {}, footer_links: [] };
    const defaults = { ...plain, default: false, locale: '', theme: 'automatic' };
    expect(await brands()).toEqual([
      { ...defaults, domain: 'a.example', default: true, title: 'A' },
      { ...defaults, domain: 'b.example' },
    ]);
  });

  it('refer to flows by their current slugs, and no longer to a removed flow', async () => {
    await apply(
      flow('lost'),
      flow('bye'),
      brand('a.example', 'flow_recovery: !KeyOf lost, flow_unenrollment: !KeyOf bye'),
    );
    expect((await brands())[0]?.flows).toEqual({ recovery: 'lost', unenrollment: 'bye' });

    const renamed = `{model: authentik_flows.flow, identifiers: {pk: !Find [authentik_flows.flow, [slug, lost]]}, attrs: {slug: found}}`;
    await apply(renamed, flow('bye', 'absent'));
    expect((await brands())[0]?.flows).toEqual({ recovery: 'found' });
  });

  it('have a revision that changes only when a brand changes', async () => {
    const revisions: string[] = [];
    for (const lines of [
      [flow('a'), brand('a.example')],
      [flow('a'), brand('a.example')],
      [flow('b')],
      [brand('a.example', 'branding_title: A')],
    ]) {
      await apply(...lines);
      revisions.push((await stored()).revision);
    }
    expect(revisions[1]).toBe(revisions[0]);
    expect(revisions[2]).toBe(revisions[0]);
    expect(revisions[3]).not.toBe(revisions[0]);
    await apply(brand('a.example', '', 'absent'));
    expect(await brands()).toEqual([]);
  });

  it('include at most one default brand, and one file can make another brand the default', async () => {
    await apply(brand('a.example', 'default: true'));
    await expect(apply(brand('b.example', 'default: true'))).rejects.toThrow(
      'default: Only one object can have this flag, and a.example has it. Unset it there first.',
    );
    expect(await apply(brand('a.example', 'default: true'))).toEqual(['unchanged a.example']);
    await apply(brand('a.example', 'default: false'), brand('b.example', 'default: true'));
    expect((await brands()).map((item) => item.default)).toEqual([false, true]);
  });

  it.each([
    ['branding_logo: "javascript:alert(1)"', 'branding_logo: Enter a path or an http(s) URL.'],
    ['branding_favicon: "data:image/png;base64,x"', 'branding_favicon: Enter a path or an http(s) URL.'],
    ['flow_recovery: 00000000-0000-4000-8000-000000000000', 'flow_recovery: Invalid pk'],
    [
      'attributes: {gatehouse: {custom_css: "</style>"}}',
      'attributes: gatehouse.custom_css: A style sheet has no tags in it.',
    ],
    ['attributes: []', 'attributes: Value must be a dictionary, and not have any duplicate keys.'],
  ])('are refused with %s', async (attrs, message) => {
    await expect(apply(brand('a.example', attrs))).rejects.toThrow(message);
  });

  it('accept a logo per theme, and pictures of other sites', async () => {
    await apply(
      brand('a.example', 'branding_logo: "/media/logo-%(theme)s.svg", branding_favicon: "https://cdn.example/i.png"'),
    );
    expect((await brands())[0]).toMatchObject({
      logo: '/media/logo-%(theme)s.svg',
      favicon: 'https://cdn.example/i.png',
    });
  });

  it('have a style sheet, a background and a lockdown flow under 2026.8', async () => {
    const newer = async (attrs: string) => {
      await harness.applyAs({ apiVersion: '2026.8' }, entries(flow('lock'), brand('a.example', attrs)));
      return (await brands())[0];
    };
    const css = 'a{background:url("data:image/svg+xml,<svg></svg>")}';
    const fields = `flow_lockdown: !KeyOf lock, branding_custom_css: ${JSON.stringify(css)}`;
    expect(await newer(`${fields}, branding_default_flow_background: sea.jpg`)).toMatchObject({
      ...{ branding_custom_css: css, custom_css: '', background: '/media/public/sea.jpg' },
      ...{ flows: {}, newer_flows: { lockdown: 'lock' } },
    });
    const attributes = 'attributes: {gatehouse: {background: /own.jpg}}';
    expect(await newer(attributes)).toMatchObject({ background: '/own.jpg' });
  });

  it('are published with the current first flow of each designation', async () => {
    const first = async () => (await stored()).document.first;
    await apply(flow('b'), flow('a'));
    expect(await first()).toEqual({ recovery: 'a' });
    const { revision } = await stored();
    await apply(flow('a', 'absent'));
    expect(await first()).toEqual({ recovery: 'b' });
    expect((await stored()).revision).not.toBe(revision);
    await apply(flow('b', 'absent'));
    expect(await first()).toEqual({});
  });
});

describe('a brand with authentication_flow_only', () => {
  const only = 'attributes: {gatehouse: {authentication_flow_only: true}}';
  const linking = (slug: string, to: string) => [
    flow(to),
    `{model: authentik_stages_identification.identificationstage, id: who ${slug}, identifiers: {name: ${slug}}, attrs: {user_fields: [email], passwordless_flow: !KeyOf ${to}}}`,
    flow(slug),
    `{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf ${slug}, stage: !KeyOf who ${slug}, order: 0}}`,
  ];
  const allowed = async () =>
    Object.fromEntries((await brands()).map(({ domain, login_flows }) => [domain, login_flows]));

  it('allows only its login flow and flows that it links; other brands allow the flows of all brands', async () => {
    await apply(
      ...linking('login', 'passkey'),
      ...linking('passkey', 'last'),
      flow('shop'),
      brand('a.example', `flow_authentication: !KeyOf login, ${only}`),
      brand('b.example', 'flow_authentication: !KeyOf shop'),
      brand('c.example'),
    );
    const all = ['last', 'login', 'passkey', 'shop'];
    expect(await allowed()).toEqual({ 'a.example': ['last', 'login', 'passkey'], 'b.example': all, 'c.example': all });
    await apply(brand('a.example', 'attributes: {}'));
    expect(await allowed()).toEqual({ 'a.example': undefined, 'b.example': undefined, 'c.example': undefined });
  });

  it('needs a login flow, and allows none after that flow was deleted', async () => {
    await expect(apply(brand('a.example', only))).rejects.toThrow(
      'flow_authentication: authentication_flow_only needs a login flow of the brand.',
    );
    await apply(flow('login'), brand('a.example', `flow_authentication: !KeyOf login, ${only}`));
    await apply(flow('login', 'absent'));
    expect(await allowed()).toEqual({ 'a.example': [] });
  });
});
