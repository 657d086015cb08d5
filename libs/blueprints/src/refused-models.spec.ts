import { expect, it } from 'vitest';
import { SKIPPABLE_MODELS } from './authentik-models.js';
import { checkBlueprints } from './lint/check-blueprints.js';
import { formatFindings } from './lint/finding.js';
import { REFUSED_MODELS } from './refused-models.js';
import { describedModels } from './schema/described-models.js';

const checkEntry = async (entry: string) =>
  formatFindings(
    await checkBlueprints({
      files: [{ name: 'a.yaml', text: `entries:\n  - ${entry}` }],
      library: async () => undefined,
      ...{ env: {}, syntax: { check: async () => undefined }, apiVersion: '2026.8' },
    }),
  );
const check = (flags: string) =>
  checkEntry(`{model: authentik_tenants.tenant, identifiers: {schema_name: public}, attrs: {flags: ${flags}}}`);

it('a tenant that closes applications without bindings is refused, because skipping it would open them', async () => {
  const refusal = 'flags: core_default_app_access: false is not supported: an application without bindings is open';
  expect(await check('{core_default_app_access: false}')).toContain(`error: `);
  expect(await check('{core_default_app_access: false}')).toContain(refusal);
  expect(await check('{core_default_app_access: !Context [nothing, false]}')).toContain(refusal);
});

it.each(['{core_default_app_access: true}', '{flows_refresh_others: false}', '{}', 'null'])(
  'an entry of a tenant with other settings is skipped: %s',
  async (flags) => {
    expect(await check(flags)).toMatch(/warning: left-out: .*\n0 errors, 1 warning$/);
  },
);

it.each([
  ['authentik_rbac.rolle', 'authentik_rbac.role'],
  ['authentik_sources_ldap.ldapsources', 'authentik_sources_ldap.ldapsource'],
  ['authentik_sources_oauth.oauthsorce', 'authentik_sources_oauth.oauthsource'],
])(
  'a misspelt model of an app whose models are skipped is refused with the closest one: %s',
  async (model, closest) => {
    expect(await checkEntry(`{model: ${model}, identifiers: {name: a}}`)).toBe(
      `a.yaml:2: error: unknown-model: entry 1 (${model}): ${model} is not a supported model. Did you mean ${closest}?\n1 error, 0 warnings`,
    );
    expect(
      await checkEntry(`{model: authentik_core.group, identifiers: {name: !Find [${model}, [name, x]]}}`),
    ).toContain(`${model} is not a supported model. Did you mean ${closest}?`);
  },
);

it('the list of skipped models has no supported or refused model, and no stage or policy', () => {
  const needed = new Set([...describedModels().map(({ name }) => name), ...REFUSED_MODELS]);
  const skipped = SKIPPABLE_MODELS.filter((model) => needed.has(model) || /^authentik_(stages|policies)/.test(model));
  expect(skipped).toEqual([]);
});
