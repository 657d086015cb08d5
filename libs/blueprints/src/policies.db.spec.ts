import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let bed: BlueprintHarness;
beforeAll(async () => {
  bed = await BlueprintHarness.open();
});
afterAll(() => bed?.close());
beforeEach(() => bed.empty());

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
  ])('may be a %s, which a flow bound to it is published with', async (model, attrs) => {
    const made = entries(FLOW, policy(model, 'p', attrs), bound('p'));
    expect(await bed.outcomes(made)).toEqual(['created login', 'created p', 'created p login 0']);
    const { policies } = (await bed.current('login'))!.document;
    expect(Object.values(policies)).toEqual([{ kind: expect.any(String), name: 'p', config: expect.any(Object) }]);
    expect(await bed.outcomes(made)).toEqual(['left login', 'left p', 'left p login 0']);
  });

  it('are refused with no criterion, nothing to look at, or what is no Python', async () => {
    for (const [entry, words] of [
      [policy('event_matcher.eventmatcherpolicy', 'p'), /At least one criteria must be set/],
      [policy('reputation.reputationpolicy', 'p', 'check_ip: false, check_username: false'), /Either IP or Username/],
      [expression('p', 'return ???'), /expression: Expression Syntax Error: odd \(line 2, column 5\)/],
    ] as const)
      await expect(bed.outcomes(entries(entry))).rejects.toThrow(words);
  });

  it('are looked over again only when their Python has changed', async () => {
    await bed.outcomes(entries(expression('p', 'return True')));
    await bed.query(
      `UPDATE flow.objects SET attrs = jsonb_set(attrs, '{expression}', '"return ???"') WHERE model LIKE '%expressionpolicy'`,
    );
    expect(await bed.outcomes(entries(expression('p', 'return ???')))).toEqual(['left p']);
  });

  it('are refused where fields of forms are not: what is no Python leaves a place empty, and is told', async () => {
    const field = `{model: authentik_stages_prompt.prompt, identifiers: {name: f}, attrs: {field_key: f, label: F, type: text, order: 0, placeholder: '???', placeholder_expression: true}}`;
    const { files } = await bed.apply(entries(field));
    expect(files[0]).toMatchObject({
      changes: [{ outcome: 'created' }],
      warnings: [expect.stringMatching(/placeholder: Expression Syntax Error: odd \(line 2, column 5\)$/)],
    });
    expect((await bed.apply(entries(field))).files[0]!.warnings).toEqual([]);
  });

  it('are published with those whose names they quote, and these with theirs, and again when one of them changes', async () => {
    const calling = [
      FLOW,
      expression('first', 'return ak_call_policy("second").passing'),
      expression('second', "return ak_call_policy('third').passing"),
      expression('fourth', 'return "first"'),
      bound('first'),
    ];
    await bed.outcomes(entries(...calling, expression('third', 'return 1')));
    const { number, document } = (await bed.current('login'))!;
    const named = Object.entries(document.policies).map(([id, { name, calls = [] }]) => ({ id, name, calls }));
    expect(named.map(({ name }) => name).sort()).toEqual(['first', 'second', 'third']);
    const idOf = (name: string) => named.find((one) => one.name === name)?.id;
    expect(named.find(({ name }) => name === 'first')?.calls).toEqual([idOf('second')]);
    await bed.outcomes(entries(...calling, expression('third', 'return 2')));
    expect((await bed.current('login'))?.number).toBe(number + 1);
  });
});
