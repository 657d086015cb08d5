import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let bed: BlueprintHarness;
beforeAll(async () => {
  bed = await BlueprintHarness.open();
});
afterAll(() => bed?.close());
beforeEach(() => bed.empty());

const FLOW = 'authentik_flows.flow';
const DUMMY = 'authentik_stages_dummy.dummystage';
const BINDING = 'authentik_flows.flowstagebinding';
interface Said {
  readonly attrs?: string;
  readonly state?: string;
  readonly id?: string;
}
const entry = (model: string, identifiers: string, { attrs = '', state = 'present', id = 'some' }: Said = {}) =>
  `{model: ${model}, id: ${id}, state: ${state}, identifiers: {${identifiers}}, attrs: {${attrs}}}`;

const flow = entry(FLOW, 'slug: login', { id: 'login', attrs: 'name: N, title: T, designation: authentication' });
const stage = entry(DUMMY, 'name: one', { id: 'one' });
const bound = 'target: !KeyOf login, stage: !KeyOf one, order: 1';
const user = entry('authentik_core.user', 'username: ann', { id: 'ann', attrs: 'name: Ann' });
const absent = (model: string, identifiers: string) => entry(model, identifiers, { state: 'absent' });

/** By model: what an object needs, what identifies it, what else it must have, what can be said anew of it. */
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

const ends = async (needs: readonly string[], ...lines: string[]) => {
  const outcomes = await bed.outcomes(entries(...needs, ...lines));
  return outcomes.slice(needs.length).map((outcome) => outcome.split(' ')[0]);
};

describe.each(models)('the states of $model', ({ model, needs = [], identifiers, attrs = '', change }) => {
  const as = (state: string, given: string = attrs) => entry(model, identifiers, { attrs: given, state });
  const changed = [attrs, change].filter(Boolean).join(', ');

  it('present creates, overwrites and is content', async () => {
    const lines = [as('present'), as('present', changed), as('present', changed)];
    expect(await ends(needs, ...lines)).toEqual(['created', 'changed', 'left']);
  });

  it('created creates, and leaves alone what is there', async () => {
    const lines = [as('created'), as('created', changed), as('present', changed)];
    expect(await ends(needs, ...lines)).toEqual(['created', 'left', 'changed']);
  });

  it('must_created creates, and refuses what is there', async () => {
    expect(await ends(needs, as('must_created'))).toEqual(['created']);
    await expect(ends(needs, as('must_created'))).rejects.toThrow(/ exists already$/);
  });

  it('absent removes, whatever else is said, and is content', async () => {
    const lines = [as('present'), as('absent', 'throw_error: [nonsense], title: 3'), as('absent'), as('present')];
    expect(await ends(needs, ...lines)).toEqual(['created', 'removed', 'left', 'created']);
  });
});

describe('states', () => {
  it('are words that are known', async () => {
    await expect(bed.apply(entries(entry(DUMMY, 'name: x', { state: 'gone' })))).rejects.toThrow(
      'state: must be one of present, created, must_created, absent',
    );
  });

  it('created checks what it does not write', async () => {
    await bed.apply(entries(stage));
    const bad = entry(DUMMY, 'name: one', { attrs: 'throw_error: maybe', state: 'created' });
    await expect(bed.apply(entries(bad))).rejects.toThrow('throw_error');
  });

  it('created gives !KeyOf what was there', async () => {
    await bed.apply(entries(flow, stage));
    const lines = [flow, stage].map((line) => line.replace('state: present', 'state: created'));
    expect(await bed.outcomes(entries(...lines, entry(BINDING, bound)))).toEqual([
      'left login',
      'left one',
      'created login one 1',
    ]);
  });

  it.each([
    ['itself', [entry(FLOW, 'slug: login', { id: 'login', state: 'absent' })]],
    ['by a later entry', [flow, absent(FLOW, 'slug: login')]],
  ])('absent leaves !KeyOf nothing of what was removed %s', async (_, lines) => {
    await expect(bed.apply(entries(...lines, stage, entry(BINDING, bound)))).rejects.toThrow(
      'KeyOf: failed to find entry with `id` of `login` and a model instance',
    );
  });

  it('absent takes the tokens and memberships of a user, and the members of a group, along', async () => {
    const token = entry('authentik_core.token', 'identifier: key', { attrs: 'user: !KeyOf ann, intent: api' });
    const group = (name: string) => entry('authentik_core.group', `name: ${name}`, { attrs: 'users: [!KeyOf ann]' });
    await bed.apply(entries(user, token, group('one'), group('two')));
    const count = () =>
      bed.query(`SELECT (SELECT count(*)::int FROM directory.tokens) AS tokens,
        (SELECT count(*)::int FROM directory.user_groups) AS memberships`);
    await bed.apply(entries(absent('authentik_core.group', 'name: one')));
    expect(await count()).toEqual([{ tokens: 1, memberships: 1 }]);
    await bed.apply(entries(absent('authentik_core.user', 'username: ann')));
    expect(await count()).toEqual([{ tokens: 0, memberships: 0 }]);
  });

  it('absent takes the bindings of a flow along, which is no longer served', async () => {
    await bed.apply(entries(flow, stage, entry(BINDING, bound)));
    await bed.apply(entries(absent(FLOW, 'slug: login')));
    expect(await bed.current('login')).toBeUndefined();
    expect(await bed.query('SELECT model FROM flow.objects')).toEqual([{ model: DUMMY }]);
  });

  it('absent publishes the flow without a binding that is gone', async () => {
    await bed.apply(entries(flow, stage, entry(BINDING, bound)));
    const gone = absent(BINDING, 'target: !KeyOf login, order: 1');
    expect((await bed.apply(entries(flow, gone))).published).toEqual([{ slug: 'login', number: 2 }]);
    expect(await bed.stepNames('login')).toEqual([]);
  });
});
