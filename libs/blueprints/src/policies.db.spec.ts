import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const FLOW =
  '{model: authentik_flows.flow, id: login, identifiers: {slug: login}, attrs: {name: L, title: L, designation: authentication}}';
const policy = (model: string, name: string, attrs = '') =>
  `{model: authentik_policies_${model}, id: ${name}, identifiers: {name: ${name}}, attrs: {${attrs}}}`;
const expression = (name: string, source: string) =>
  policy('expression.expressionpolicy', name, `expression: '${source.replaceAll("'", "''")}'`);
const bound = (name: string) =>
  `{model: authentik_policies.policybinding, identifiers: {target: !KeyOf login, policy: !KeyOf ${name}, order: 0}}`;

describe('policies in blueprints', () => {
  it.each([
    ['dummy.dummypolicy', ''],
    ['event_matcher.eventmatcherpolicy', 'action: login'],
    ['expiry.passwordexpirypolicy', 'days: 90'],
    ['expression.expressionpolicy', 'expression: return True'],
    ['geoip.geoippolicy', 'asns: [64500], countries: [DE]'],
    ['password.passwordpolicy', 'length_min: 8, error_message: longer'],
    ['reputation.reputationpolicy', 'threshold: -2'],
  ])('may be a %s, and are published with the flow that they are bound to', async (model, attrs) => {
    const blueprint = entries(FLOW, policy(model, 'p', attrs), bound('p'));
    expect(await harness.outcomes(blueprint)).toEqual(['created login', 'created p', 'created p login 0']);
    const { policies } = (await harness.currentVersion('login'))!.document;
    expect(Object.values(policies)).toEqual([{ kind: expect.any(String), name: 'p', config: expect.any(Object) }]);
    expect(await harness.outcomes(blueprint)).toEqual(['unchanged login', 'unchanged p', 'unchanged p login 0']);
  });

  it('are refused without a criterion, without a check, and with invalid Python', async () => {
    for (const [entry, words] of [
      [policy('event_matcher.eventmatcherpolicy', 'p'), /At least one criteria must be set/],
      [policy('reputation.reputationpolicy', 'p', 'check_ip: false, check_username: false'), /Either IP or Username/],
      [expression('p', 'return ???'), /expression: Expression Syntax Error: odd \(line 2, column 5\)/],
    ] as const)
      await expect(harness.outcomes(entries(entry))).rejects.toThrow(words);
  });

  it('have their Python checked only when it has changed', async () => {
    await harness.outcomes(entries(expression('p', 'return True')));
    await harness.query(
      `UPDATE flow.objects SET attrs = jsonb_set(attrs, '{expression}', '"return ???"') WHERE model LIKE '%expressionpolicy'`,
    );
    expect(await harness.outcomes(entries(expression('p', 'return ???')))).toEqual(['unchanged p']);
  });

  it('are refused with invalid Python, while a prompt field with invalid Python only causes a warning', async () => {
    const field = `{model: authentik_stages_prompt.prompt, identifiers: {name: f}, attrs: {field_key: f, label: F, type: text, order: 0, placeholder: '???', placeholder_expression: true}}`;
    const { files } = await harness.apply(entries(field));
    expect(files[0]).toMatchObject({
      changes: [{ outcome: 'created' }],
      warnings: [
        expect.stringMatching(/placeholder: Expression Syntax Error: odd \(line 2, column 5\)\. Until it is corrected/),
      ],
    });
    expect((await harness.apply(entries(field))).files[0]!.warnings).toEqual([]);
  });

  it('are published with the policies that they call, and published again when one of these changes', async () => {
    const calling = [
      FLOW,
      expression('first', 'return ak_call_policy("second").passing'),
      expression('second', "return ak_call_policy('third').passing"),
      expression('fourth', 'return "first"'),
      bound('first'),
    ];
    await harness.outcomes(entries(...calling, expression('third', 'return 1')));
    const { number, document } = (await harness.currentVersion('login'))!;
    const named = Object.entries(document.policies).map(([id, { name, calls = [] }]) => ({ id, name, calls }));
    expect(named.map(({ name }) => name).sort()).toEqual(['first', 'second', 'third']);
    const idOf = (name: string) => named.find((policy) => policy.name === name)?.id;
    expect(named.find(({ name }) => name === 'first')?.calls).toEqual([idOf('second')]);
    await harness.outcomes(entries(...calling, expression('third', 'return 2')));
    expect((await harness.currentVersion('login'))?.number).toBe(number + 1);
  });

  it.each([
    [
      'removed',
      async () => '{model: authentik_policies_expression.expressionpolicy, state: absent, identifiers: {name: inner}}',
    ],
    [
      'renamed',
      async () => {
        const [{ id } = { id: '' }] = await harness.query<{ id: string }>(
          `SELECT id FROM flow.objects WHERE identifiers ->> 'name' = 'inner'`,
        );
        return `{model: authentik_policies_expression.expressionpolicy, identifiers: {pk: ${id}}, attrs: {name: other}}`;
      },
    ],
  ])('are published again without a policy that they called and that was %s', async (_, entry) => {
    const calling = expression('outer', 'return ak_call_policy("inner").passing');
    await harness.outcomes(entries(FLOW, calling, expression('inner', 'return True'), bound('outer')));
    await harness.outcomes(entries(await entry()));
    const { policies } = (await harness.currentVersion('login'))!.document;
    expect(Object.values(policies).map(({ name, calls }) => [name, calls])).toEqual([['outer', undefined]]);
  });
});
