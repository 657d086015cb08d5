import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';
import { formatReport } from './report.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const ROLE =
  '{model: authentik_rbac.role, id: readers, identifiers: {name: Readers}, attrs: {permissions: [!Context a]}}';
const RULE =
  '{model: authentik_events.notificationrule, id: rule, identifiers: {pk: rule-1}, attrs: {group: !KeyOf staff}}';
const STAFF = '{model: authentik_core.group, id: staff, identifiers: {name: staff}, attrs: {roles: [!KeyOf readers]}}';
const bound = (identifiers: string, attrs = '') =>
  `{model: authentik_policies.policybinding, identifiers: {${identifiers}}, attrs: {${attrs}}}`;
const report = async (...lines: string[]) => formatReport(await harness.apply(entries(...lines))).split('\n');

describe('entries of models that no login depends on', () => {
  it('are skipped with a line in the report, as are entries whose identifiers refer to them', async () => {
    const lines = [STAFF.replace('[!KeyOf readers]', '[]'), ROLE, RULE];
    expect(await report(...lines, bound('group: !KeyOf staff, target: !KeyOf rule, order: 0'))).toEqual([
      '1.yaml: 1 created, 3 skipped',
      '  created authentik_core.group staff',
      '  skipped authentik_rbac.role readers: Gatehouse does not support this model, and no login needs it: Gatehouse has no roles; superusers are the members of superuser groups',
      '  skipped authentik_events.notificationrule rule: Gatehouse does not support this model, and no login needs it: Gatehouse sends its own events to its own webhooks',
      '  skipped authentik_policies.policybinding: it identifies its object by the skipped entry "rule"',
      '  warning: entry 1 (authentik_core.group): the field roles of authentik is not supported (Gatehouse has no roles; superusers are the members of superuser groups); it is ignored',
    ]);
  });

  it('are skipped, and so are entries with a required reference to them, also by a pk of the file', async () => {
    const lines = [
      RULE,
      STAFF.replace('[!KeyOf readers]', '[]'),
      bound('order: 0', 'target: rule-1, group: !KeyOf staff'),
    ];
    expect(await report(...lines)).toContain(
      '  skipped authentik_policies.policybinding: it requires the skipped entry "rule"',
    );
  });

  it('are removed from optional references at any depth, with a warning', async () => {
    const attrs = 'attributes: {roles: [!KeyOf readers, 1], deep: {role: !KeyOf readers, kept: true}}';
    expect(await report(ROLE, `{model: authentik_core.group, identifiers: {name: a}, attrs: {${attrs}}}`)).toContain(
      '  warning: entry 2 (authentik_core.group): attributes omits the reference to the skipped entry "readers"',
    );
    expect(await harness.query('SELECT attributes FROM directory.groups')).toEqual([
      { attributes: { roles: [1], deep: { kept: true } } },
    ]);
  });

  it('do not count as changes when the file is applied again', async () => {
    await report(ROLE, STAFF);
    expect((await report(ROLE, STAFF)).at(-1)).toBe('nothing changed');
  });

  it('are not found by !Find', async () => {
    const found = '!If [!Find [authentik_providers_oauth2.scopemapping, [name, x]], found, nothing]';
    expect(await harness.outcomes(entries(`{model: authentik_core.group, identifiers: {name: ${found}}}`))).toEqual([
      'created nothing',
    ]);
  });

  it('are refused in strict mode, while unknown stages and policies are refused in every mode', async () => {
    const strict = { strict: true };
    await expect(harness.applyAs(strict, entries(ROLE))).rejects.toThrow(
      'authentik_rbac.role is not a supported model',
    );
    const find = '{model: authentik_core.group, identifiers: {name: !Find [authentik_rbac.role, [name, x]]}}';
    await expect(harness.applyAs(strict, entries(find))).rejects.toThrow(
      'authentik_rbac.role is not a supported model',
    );
    for (const model of ['authentik_stages_magic.magicstage', 'authentik_policies_magic.magicpolicy', 'a.b']) {
      const unknown = entries(`{model: ${model}, identifiers: {name: x}}`);
      await expect(harness.apply(unknown)).rejects.toThrow(`${model} is not a supported model`);
    }
  });
});

describe('a report', () => {
  it('reports no changes if one file undoes the changes of another', async () => {
    const flow = (title: string) =>
      entries(
        `{model: authentik_flows.flow, identifiers: {slug: a}, attrs: {name: A, title: ${title}, designation: recovery}}`,
      );
    await harness.apply(flow('one'), flow('two'));
    const again = formatReport(await harness.apply(flow('one'), flow('two')));
    expect(again).toContain('changed authentik_flows.flow a');
    expect(again.endsWith('\nnothing changed')).toBe(true);
  });

  it('shows that a required blueprint is first searched in the files of the run', async () => {
    const requiring = `metadata: {name: requiring}\n${entries('{model: authentik_blueprints.metaapplyblueprint, attrs: {identifiers: {name: required}}}')}`;
    const required = `metadata: {name: required}\n${entries('{model: authentik_core.group, identifiers: {name: here}}')}`;
    expect(await harness.outcomes(requiring, required)).toEqual(['created here', 'applied 2.yaml']);
  });

  it.each(['\t', '  '])('shows that a blueprint may be JSON, indented by %j', async (indent) => {
    const json = {
      version: 1,
      entries: [{ model: 'authentik_core.group', identifiers: { name: 'a/b "c" \u00e9\n' } }],
    };
    const text = JSON.stringify(json, null, indent).replace('a/b', 'a\\/b');
    expect(await harness.outcomes(text)).toEqual(['created a/b "c" \u00e9']);
  });
});
