import { expect, it } from 'vitest';
import { checkBlueprints } from './lint/check-blueprints.js';
import { formatFindings } from './lint/finding.js';

const check = async (flags: string) =>
  formatFindings(
    await checkBlueprints({
      files: [
        {
          name: 'a.yaml',
          text: `entries:\n  - model: authentik_tenants.tenant\n    identifiers: {schema_name: public}\n    attrs: {flags: ${flags}}`,
        },
      ],
      library: async () => undefined,
      ...{ env: {}, syntax: { check: async () => undefined }, apiVersion: '2026.8' },
    }),
  );

it('refuses a tenant that closes applications without bindings, because skipping it would open them', async () => {
  const refusal = 'flags: core_default_app_access: false is not supported: an application without bindings is open';
  expect(await check('{core_default_app_access: false}')).toContain(`error: `);
  expect(await check('{core_default_app_access: false}')).toContain(refusal);
  expect(await check('{core_default_app_access: !Context [nothing, false]}')).toContain(refusal);
});

it.each(['{core_default_app_access: true}', '{flows_refresh_others: false}', '{}', 'null'])(
  'skips other settings of a tenant: %s',
  async (flags) => {
    expect(await check(flags)).toMatch(/warning: left-out: .*\n0 errors, 1 warning$/);
  },
);
