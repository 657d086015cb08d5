import { describe, expect, it } from 'vitest';
import { checkBlueprints } from './check-blueprints.js';

/** Returns what the linter finds for a flow and a brand whose pictures have this address. */
async function warningsFor(address: string) {
  const text = `entries:
- {model: authentik_flows.flow, identifiers: {slug: x}, attrs: {name: X, title: X, designation: authorization, background: "${address}"}}
- model: authentik_brands.brand
  identifiers: { domain: x }
  attrs:
    branding_logo: "${address}"
    branding_favicon: "${address}"
    attributes: { gatehouse: { background: "${address}" } }
`;
  const found = await checkBlueprints({
    ...{ files: [{ name: 'a.yaml', text }], library: async () => undefined, env: {} },
    syntax: { check: async () => undefined },
  });
  return found.filter(({ rule }) => rule === 'ignored-value');
}

describe('a picture at an http address, which browsers block on the pages', () => {
  it('is reported for flows and brands, with the line of its field and the advice to use https', async () => {
    const warnings = await warningsFor('http://cdn.example.org/a.png');
    expect(warnings.map(({ line }) => line)).toEqual([2, 6, 7, 8]);
    expect(warnings.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^background: .*Use an https address/),
      expect.stringMatching(/^branding_logo: /),
      expect.stringMatching(/^branding_favicon: /),
      expect.stringMatching(/^attributes: gatehouse\.background: /),
    ]);
  });

  it.each(['https://cdn.example.org/a.png', '/static/a.png'])('is not reported for %s', async (address) => {
    expect(await warningsFor(address)).toEqual([]);
  });
});
