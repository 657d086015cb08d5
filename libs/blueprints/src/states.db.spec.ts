import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const FLOW = 'authentik_flows.flow';
const DUMMY = 'authentik_stages_dummy.dummystage';
const BINDING = 'authentik_flows.flowstagebinding';
interface EntryOptions {
  readonly attrs?: string;
  readonly state?: string;
  readonly id?: string;
}
const entry = (model: string, identifiers: string, { attrs = '', state = 'present', id = '' }: EntryOptions = {}) =>
  `{model: ${model}, ${id && `id: ${id}, `}state: ${state}, identifiers: {${identifiers}}, attrs: {${attrs}}}`;

const flow = entry(FLOW, 'slug: login', { id: 'login', attrs: 'name: N, title: T, designation: authentication' });
const stage = entry(DUMMY, 'name: one', { id: 'one' });
const bound = 'target: !KeyOf login, stage: !KeyOf one, order: 1';
const user = entry('authentik_core.user', 'username: ann', { id: 'ann', attrs: 'name: Ann' });
const absent = (model: string, identifiers: string) => entry(model, identifiers, { state: 'absent' });

/**
 * For each model: the entries that an object of it requires, and the object's identifiers, required fields and a
 * change.
 */
const models = [
  {
    model: FLOW,
    identifiers: 'slug: login',
    attrs: 'name: N, title: T, designation: authentication',
    change: 'layout: sidebar_left',
  },
  { model: DUMMY, identifiers: 'name: one', change: 'throw_error: true' },
  { model: BINDING, needs: [flow, stage], identifiers: bound, change: 'evaluate_on_plan: true' },
  { model: 'authentik_core.user', identifiers: 'username: ann', attrs: 'name: Ann', change: 'email: ann@example.org' },
  { model: 'authentik_core.group', identifiers: 'name: staff', change: 'is_superuser: true' },
  {
    model: 'authentik_core.token',
    needs: [user],
    identifiers: 'identifier: key',
    attrs: 'user: !KeyOf ann, intent: api',
    change: 'description: Changed',
  },
];

const outcomesOf = async (needs: readonly string[], ...lines: string[]) => {
  const outcomes = await harness.outcomes(entries(...needs, ...lines));
  return outcomes.slice(needs.length).map((outcome) => outcome.split(' ')[0]);
};

describe.each(models)('the states of $model', ({ model, needs = [], identifiers, attrs = '', change }) => {
  const as = (state: string, entryAttrs: string = attrs) => entry(model, identifiers, { attrs: entryAttrs, state });
  const changed = [attrs, change].filter(Boolean).join(', ');

  it('present creates, then overwrites, then changes nothing', async () => {
    const lines = [as('present'), as('present', changed), as('present', changed)];
    expect(await outcomesOf(needs, ...lines)).toEqual(['created', 'changed', 'unchanged']);
  });

  it('created creates, but does not change an existing object', async () => {
    const lines = [as('created'), as('created', changed), as('present', changed)];
    expect(await outcomesOf(needs, ...lines)).toEqual(['created', 'unchanged', 'changed']);
  });

  it('must_created creates, and refuses an existing object', async () => {
    expect(await outcomesOf(needs, as('must_created'))).toEqual(['created']);
    await expect(outcomesOf(needs, as('must_created'))).rejects.toThrow(
      /state is must_created, but .* already exists$/,
    );
  });

  it('absent removes regardless of the attrs, then changes nothing', async () => {
    const lines = [as('present'), as('absent', 'throw_error: [nonsense], title: 3'), as('absent'), as('present')];
    expect(await outcomesOf(needs, ...lines)).toEqual(['created', 'removed', 'unchanged', 'created']);
  });
});

describe('states', () => {
  it('other than present, created, must_created and absent are refused', async () => {
    await expect(harness.apply(entries(entry(DUMMY, 'name: x', { state: 'gone' })))).rejects.toThrow(
      'state: gone is not a state. States: present, created, must_created, absent.',
    );
  });

  it('created validates values that it does not save', async () => {
    await harness.apply(entries(stage));
    const invalid = entry(DUMMY, 'name: one', { attrs: 'throw_error: maybe', state: 'created' });
    await expect(harness.apply(entries(invalid))).rejects.toThrow('throw_error');
  });

  it('created lets !KeyOf refer to the existing object', async () => {
    await harness.apply(entries(flow, stage));
    const lines = [flow, stage].map((line) => line.replace('state: present', 'state: created'));
    expect(await harness.outcomes(entries(...lines, entry(BINDING, bound)))).toEqual([
      'unchanged login',
      'unchanged one',
      'created login one 1',
    ]);
  });

  it.each([
    ['by the entry with this id', [entry(FLOW, 'slug: login', { id: 'login', state: 'absent' })]],
    ['by a later entry', [flow, absent(FLOW, 'slug: login')]],
  ])('absent makes !KeyOf fail for an object that was removed %s', async (_, lines) => {
    await expect(harness.apply(entries(...lines, stage, entry(BINDING, bound)))).rejects.toThrow(
      'which has the id `login`, has no object: its conditions are not met, or its object was removed.',
    );
  });

  it('absent removes the tokens and memberships of a user, and the memberships of a group', async () => {
    const token = entry('authentik_core.token', 'identifier: key', { attrs: 'user: !KeyOf ann, intent: api' });
    const group = (name: string) => entry('authentik_core.group', `name: ${name}`, { attrs: 'users: [!KeyOf ann]' });
    await harness.apply(entries(user, token, group('one'), group('two')));
    const count = () =>
      harness.query(`SELECT (SELECT count(*)::int FROM directory.tokens) AS tokens,
        (SELECT count(*)::int FROM directory.user_groups) AS memberships`);
    await harness.apply(entries(absent('authentik_core.group', 'name: one')));
    expect(await count()).toEqual([{ tokens: 1, memberships: 1 }]);
    await harness.apply(entries(absent('authentik_core.user', 'username: ann')));
    expect(await count()).toEqual([{ tokens: 0, memberships: 0 }]);
  });

  it('absent removes the bindings of a flow, and unpublishes it', async () => {
    await harness.apply(entries(flow, stage, entry(BINDING, bound)));
    await harness.apply(entries(absent(FLOW, 'slug: login')));
    expect(await harness.currentVersion('login')).toBeUndefined();
    expect(await harness.query('SELECT model FROM flow.objects')).toEqual([{ model: DUMMY }]);
  });

  it('absent removes a binding and publishes its flow again', async () => {
    await harness.apply(entries(flow, stage, entry(BINDING, bound)));
    const absentBinding = absent(BINDING, 'target: !KeyOf login, order: 1');
    expect((await harness.apply(entries(flow, absentBinding))).published).toMatchObject([{ slug: 'login', number: 2 }]);
    expect(await harness.stepNames('login')).toEqual([]);
  });
});
