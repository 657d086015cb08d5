import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';
import { formatReport } from './report.js';

let bed: BlueprintHarness;
beforeAll(async () => {
  bed = await BlueprintHarness.open();
});
afterAll(() => bed?.close());
beforeEach(() => bed.empty());

const ROLE =
  '{model: authentik_rbac.role, id: readers, identifiers: {name: Readers}, attrs: {permissions: [!Context a]}}';
const RULE =
  '{model: authentik_events.notificationrule, id: rule, identifiers: {pk: rule-1}, attrs: {group: !KeyOf staff}}';
const STAFF = '{model: authentik_core.group, id: staff, identifiers: {name: staff}, attrs: {roles: [!KeyOf readers]}}';
const bound = (identifiers: string, attrs = '') =>
  `{model: authentik_policies.policybinding, identifiers: {${identifiers}}, attrs: {${attrs}}}`;
const report = async (...lines: string[]) => formatReport(await bed.apply(entries(...lines))).split('\n');

describe('models that no login depends on', () => {
  it('are left out with a line each, and so is what is about them', async () => {
    const lines = [STAFF.replace('[!KeyOf readers]', '[]'), ROLE, RULE];
    expect(await report(...lines, bound('group: !KeyOf staff, target: !KeyOf rule, order: 0'))).toEqual([
      '1.yaml: 1 created, 3 skipped',
      '  created authentik_core.group staff',
      '  skipped authentik_rbac.role readers: there is no such model here',
      '  skipped authentik_events.notificationrule rule: there is no such model here',
      '  skipped authentik_policies.policybinding: it is about "rule", which is left out',
      '  warning: entry 1 (authentik_core.group): roles is ignored, the model has no such field',
    ]);
  });

  it('are left out of what needs them, and by the pk that they claim too', async () => {
    const lines = [
      RULE,
      STAFF.replace('[!KeyOf readers]', '[]'),
      bound('order: 0', 'target: rule-1, group: !KeyOf staff'),
    ];
    expect(await report(...lines)).toContain(
      '  skipped authentik_policies.policybinding: it needs "rule", which is left out',
    );
  });

  it('leave no trace in what can do without them, at any depth', async () => {
    const attrs = 'attributes: {roles: [!KeyOf readers, 1], deep: {role: !KeyOf readers, kept: true}}';
    expect(await report(ROLE, `{model: authentik_core.group, identifiers: {name: a}, attrs: {${attrs}}}`)).toContain(
      '  warning: entry 2 (authentik_core.group): attributes goes without "readers", which is left out',
    );
    expect(await bed.query('SELECT attributes FROM directory.groups')).toEqual([
      { attributes: { roles: [1], deep: { kept: true } } },
    ]);
  });

  it('change nothing the second time, which is said', async () => {
    await report(ROLE, STAFF);
    expect((await report(ROLE, STAFF)).at(-1)).toBe('nothing changed');
  });

  it('are found by nobody', async () => {
    const found = '!If [!Find [authentik_providers_oauth2.scopemapping, [name, x]], found, nothing]';
    expect(await bed.outcomes(entries(`{model: authentik_core.group, identifiers: {name: ${found}}}`))).toEqual([
      'created nothing',
    ]);
  });

  it('are refused by a strict run, as models always are that a login may depend on', async () => {
    const strict = { strict: true };
    await expect(bed.applyAs(strict, entries(ROLE))).rejects.toThrow('authentik_rbac.role is not a model of this');
    const find = '{model: authentik_core.group, identifiers: {name: !Find [authentik_rbac.role, [name, x]]}}';
    await expect(bed.applyAs(strict, entries(find))).rejects.toThrow('authentik_rbac.role is not a model of this');
    for (const model of ['authentik_stages_magic.magicstage', 'authentik_policies_magic.magicpolicy', 'a.b']) {
      const unknown = entries(`{model: ${model}, identifiers: {name: x}}`);
      await expect(bed.apply(unknown)).rejects.toThrow(`${model} is not a model of this installation`);
    }
  });
});

describe('a report', () => {
  it('says that nothing changed when what one file changes another one puts back', async () => {
    const flow = (title: string) =>
      entries(
        `{model: authentik_flows.flow, identifiers: {slug: a}, attrs: {name: A, title: ${title}, designation: recovery}}`,
      );
    await bed.apply(flow('one'), flow('two'));
    const again = formatReport(await bed.apply(flow('one'), flow('two')));
    expect(again).toContain('changed authentik_flows.flow a');
    expect(again.endsWith('\nnothing changed')).toBe(true);
  });

  it('finds a required blueprint among the files of its run before any other', async () => {
    const asking = `metadata: {name: asking}\n${entries('{model: authentik_blueprints.metaapplyblueprint, attrs: {identifiers: {name: wanted}}}')}`;
    const wanted = `metadata: {name: wanted}\n${entries('{model: authentik_core.group, identifiers: {name: here}}')}`;
    expect(await bed.outcomes(asking, wanted)).toEqual(['created here', 'applied 2.yaml']);
  });

  it.each(['\t', '  '])('reads JSON, indented by %j', async (indent) => {
    const json = {
      version: 1,
      entries: [{ model: 'authentik_core.group', identifiers: { name: 'a/b "c" \u00e9\n' } }],
    };
    const text = JSON.stringify(json, null, indent).replace('a/b', 'a\\/b');
    expect(await bed.outcomes(text)).toEqual(['created a/b "c" \u00e9']);
  });
});
