import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const FLOW = [
  '{model: authentik_core.group, id: staff, identifiers: {name: staff}}',
  '{model: authentik_core.user, id: ann, identifiers: {username: ann}, attrs: {name: Ann}}',
  '{model: authentik_flows.flow, id: login, identifiers: {slug: login}, attrs: {name: L, title: L, designation: authentication}}',
  '{model: authentik_stages_dummy.dummystage, id: page, identifiers: {name: page}}',
  '{model: authentik_flows.flowstagebinding, id: step, identifiers: {target: !KeyOf login, stage: !KeyOf page, order: 10}, attrs: {policy_engine_mode: all}}',
];
const bound = (fields: string, attrs = '', state = 'present') =>
  `{model: authentik_policies.policybinding, state: ${state}, identifiers: {${fields}}, attrs: {${attrs}}}`;
const apply = (...lines: string[]) => harness.outcomes(entries(...FLOW, ...lines));
const last = async (...lines: string[]) => (await apply(...lines)).slice(FLOW.length);
const document = async () => (await harness.currentVersion('login'))!.document;
const idOf = async (table: string) => (await harness.query<{ id: string }>(`SELECT id FROM directory.${table}`))[0]!.id;

describe('policy bindings in blueprints', () => {
  it('restrict a flow and one of its steps, with the defaults of authentik', async () => {
    const toFlow = bound('target: !KeyOf login, group: !KeyOf staff, order: 0');
    const toStep = bound('target: !KeyOf step, user: !KeyOf ann, order: 3', 'negate: true, enabled: "no", timeout: 5');
    expect(await last(toFlow, toStep)).toEqual(['created login 0', 'created login page 10 3']);

    const { guard, steps, policies } = await document();
    const defaults = { enabled: true, negate: false, timeout_s: 30, failure_result: false };
    expect(guard).toEqual({
      mode: 'any',
      bindings: [{ ...defaults, id: expect.any(String), order: 0, group: await idOf('groups') }],
    });
    expect(steps[0]?.policies).toEqual({
      mode: 'all',
      bindings: [
        {
          ...{ ...defaults, id: expect.any(String), order: 3, user: await idOf('users') },
          ...{ negate: true, enabled: false, timeout_s: 5 },
        },
      ],
    });
    expect(policies).toEqual({});
    expect(await last(toFlow, toStep)).toEqual(['unchanged login 0', 'unchanged login page 10 3']);
  });

  it('publish the flow again when they change and when they are removed', async () => {
    const identifiers = 'target: !KeyOf step, group: !KeyOf staff, order: 0';
    await apply(bound(identifiers));
    expect((await harness.currentVersion('login'))?.number).toBe(1);
    expect(await last(bound(identifiers, 'negate: true'))).toEqual(['changed login page 10 0']);
    expect((await harness.currentVersion('login'))?.number).toBe(2);
    expect(await last(bound(identifiers, '', 'absent'))).toEqual(['removed login page 10 0']);
    expect((await document()).steps[0]?.policies.bindings).toEqual([]);
  });

  it('are found by the number of a user, even if it is a string, and by a map with a pk', async () => {
    await apply(bound('target: !KeyOf login, user: !KeyOf ann, order: 0'));
    const [ann] = await harness.query<{ pk: number }>('SELECT pk FROM directory.users');
    const uuid = await idOf('groups');
    expect(await last(bound(`target: !KeyOf login, user: "${ann?.pk}", order: 0`, 'negate: true'))).toEqual([
      'changed login 0',
    ]);
    expect(await last(bound(`target: {pk: !KeyOf login}, group: {pk: "${uuid}"}, order: 1`))).toEqual([
      'created login 1',
    ]);
  });

  it('may have the same order unless they have the same policy', async () => {
    expect(
      await last(
        bound('target: !KeyOf login, group: !KeyOf staff, order: 0'),
        bound('target: !KeyOf login, user: !KeyOf ann, order: 0'),
      ),
    ).toEqual(['created login 0', 'created login 0']);
  });

  it('remain when their group is deleted, and then match no user, until they are removed', async () => {
    await apply(bound('target: !KeyOf login, group: !KeyOf staff, order: 0'));
    const deletedGroup = await idOf('groups');
    await harness.apply(entries('{model: authentik_core.group, state: absent, identifiers: {name: staff}}'));
    expect((await document()).guard.bindings).toHaveLength(1);
    expect(await last(bound(`target: !KeyOf login, group: "${deletedGroup}"`, '', 'absent'))).toEqual([
      'removed login 0',
    ]);
    expect((await document()).guard.bindings).toEqual([]);
  });

  it.each([
    ['group: !KeyOf staff, user: !KeyOf ann', '', "Only one of 'policy', 'group' or 'user' can be set."],
    ['order: 7', '', "One of 'policy', 'group' or 'user' must be set."],
    [
      'group: !Find [authentik_core.group, [name, stuff]]',
      '',
      'must be set. group (line 7) has no value: !Find found no authentik_core.group with name "stuff". Did you mean name "staff"?',
    ],
    ['user: 999', '', 'user: Invalid pk "999" - object does not exist.'],
    ['user: true', '', 'user: Invalid pk "true" - object does not exist.'],
    ['group: nobody', '', 'group: Invalid pk "nobody" - object does not exist.'],
    ['policy: 00000000-0000-4000-8000-000000000000', '', 'policy: Invalid pk'],
    ['policy: !KeyOf page', '', 'policy: must be a policy, and `page` is an authentik_stages_dummy.dummystage (line'],
    ['group: !KeyOf staff', 'timeout: -1', 'timeout: Ensure this value is greater than or equal to 0.'],
    ['group: !KeyOf staff', 'timeout: 2147483648', 'timeout: Ensure this value is less than or equal to 2147483647.'],
    [
      'group: !KeyOf staff',
      'target: !KeyOf page',
      'target: must be a flow, flow stage binding or application, and `page` is',
    ],
    ['group: !KeyOf staff', 'order: first', 'order: A valid integer is required. It is the text `first`.'],
  ])('are refused with %s %s', async (fields, attrs, why) => {
    const base = { order: '1', target: '!KeyOf login' };
    const baseFields = Object.entries(base).filter(([name]) => !`${fields}${attrs}`.includes(`${name}:`));
    const entry = bound([...baseFields.map(([name, value]) => `${name}: ${value}`), fields].join(', '), attrs);
    await expect(apply(entry)).rejects.toThrow(why);
  });
});
