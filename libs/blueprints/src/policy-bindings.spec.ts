import { SecretBox } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FlowCompiler, type ModelContracts } from './compile.js';
import { Draft } from './draft.js';
import { objectModels } from './models.js';
import { ObjectCollection } from './object-collection.js';
import type { BlueprintObject } from './object-model.js';
import { policyBindingModel } from './policy.model.js';

const weather = { kind: 'weather', model: 'app.weather', config: z.object({ warm: z.boolean().default(true) }) };
const contracts: ModelContracts = { stages: new Map(), policies: new Map([[weather.model, weather]]) };

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const flow = (id: number): BlueprintObject => ({
  id: uuid(id),
  model: 'authentik_flows.flow',
  values: { slug: `flow-${id}`, name: 'F', title: 'T', designation: 'authentication', policy_engine_mode: 'all' },
});
const policy = (id: number, values = {}): BlueprintObject => ({
  id: uuid(id),
  model: 'app.weather',
  values: { name: `policy ${id}`, ...values },
});
const condition = (id: number, target: number, values: BlueprintObject['values']): BlueprintObject => ({
  id: uuid(id),
  model: 'authentik_policies.policybinding',
  values: { target: uuid(target), policy: null, group: null, user: null, order: 0, ...values },
});

function compilerOf(...objects: BlueprintObject[]) {
  const draft = new Draft(objectModels(contracts), []);
  for (const object of objects) draft.put(object);
  return { draft, compiler: new FlowCompiler(draft, contracts, new SecretBox(undefined)) };
}
const defaults = { enabled: true, negate: false, timeout_s: 30, failure_result: false };

describe('a compiled flow', () => {
  it('refuses a bound policy that compares passwords, because it is evaluated before any proof', () => {
    const comparing = { kind: 'unique_password', model: 'app.unique', config: z.object({}) };
    const more = { ...contracts, policies: new Map([...contracts.policies, [comparing.model, comparing]]) };
    const draft = new Draft(objectModels(more), []);
    const unique = { id: uuid(2), model: comparing.model, values: { name: 'unique' } };
    for (const object of [flow(1), unique, condition(11, 1, { policy: uuid(2) })]) draft.put(object);
    const compiler = new FlowCompiler(draft, more, new SecretBox(undefined));
    expect(() => compiler.compile(flow(1))).toThrow('List unique in the validation_policies of a prompt stage');
  });

  it('contains its policy bindings sorted by order, then by id, and their policies', () => {
    const { compiler } = compilerOf(
      flow(1),
      policy(2, { warm: false, execution_logging: true }),
      policy(3),
      condition(12, 1, { policy: uuid(2), order: 5, timeout: 3, negate: true }),
      condition(11, 1, { group: uuid(90), order: 5, failure_result: true }),
      condition(13, 1, { user: uuid(91), order: -1, enabled: false }),
    );
    const version = compiler.compile(flow(1));
    expect(version.guard).toEqual({
      mode: 'all',
      bindings: [
        { ...defaults, id: uuid(13), order: -1, enabled: false, user: uuid(91) },
        { ...defaults, id: uuid(11), order: 5, failure_result: true, group: uuid(90) },
        { ...defaults, id: uuid(12), order: 5, timeout_s: 3, negate: true, policy: uuid(2) },
      ],
    });
    expect(version.policies).toEqual({
      [uuid(2)]: { kind: 'weather', name: 'policy 2', config: { warm: false, execution_logging: true } },
    });
  });

  it('contains its shadow conditions separate from the enforced bindings, with their policies', () => {
    const { compiler } = compilerOf(
      ...[flow(1), policy(2), policy(3)],
      condition(11, 1, { policy: uuid(2), shadow: true }),
      condition(12, 1, { policy: uuid(3), shadow: false }),
    );
    const { guard, policies } = compiler.compile(flow(1));
    expect(guard).toEqual({
      mode: 'all',
      bindings: [{ ...defaults, id: uuid(12), order: 0, policy: uuid(3) }],
      shadow: [{ ...defaults, id: uuid(11), order: 0, policy: uuid(2) }],
    });
    expect(Object.keys(policies)).toEqual([uuid(2), uuid(3)]);
  });

  it('is affected by a change of its own policy bindings and policies, but not of those of other flows', () => {
    const { compiler } = compilerOf(
      ...[flow(1), flow(2), policy(3), policy(4)],
      condition(11, 1, { policy: uuid(3) }),
      condition(12, 2, { policy: uuid(4) }),
    );
    const affected = (id: number) => compiler.affectedFlows(new Set([uuid(id)])).map(({ values }) => values['slug']);
    expect([1, 2, 3, 4].map(affected)).toEqual([['flow-1'], ['flow-2'], ['flow-1'], ['flow-2']]);
  });

  it('is affected when a policy binding is added, moved or removed', () => {
    const touched = (change: (draft: Draft) => void, ...stored: BlueprintObject[]) => {
      const storedObjects = stored.map(({ id, model, values }) => ({ id, model, identifiers: {}, attrs: values }));
      const draft = new Draft(objectModels(contracts), storedObjects);
      change(draft);
      return new FlowCompiler(draft, contracts, new SecretBox(undefined))
        .affectedFlows(draft.touched)
        .map(({ id }) => id);
    };
    const bound = condition(11, 1, { group: uuid(90) });
    expect(touched((draft) => void draft.put(bound), flow(1), flow(2))).toEqual([uuid(1)]);
    const moved = condition(11, 2, { group: uuid(90) });
    expect(touched((draft) => void draft.put(moved), flow(1), flow(2), bound)).toEqual([uuid(1), uuid(2)]);
    expect(touched((draft) => draft.remove(bound.id), flow(1), flow(2), bound)).toEqual([uuid(1)]);
  });
});

describe('a policy binding', () => {
  it('must have a unique order among the bindings of the same policy and target', async () => {
    const { draft } = compilerOf(flow(1), policy(3), condition(11, 1, { policy: uuid(3) }));
    const conditions = new ObjectCollection(policyBindingModel, draft);
    const duplicate = { target: uuid(1), policy: uuid(3), order: 0 };
    await expect(conditions.check(duplicate, undefined)).rejects.toMatchObject({
      first: { text: expect.stringContaining('The fields policy, target, order must make a unique set.') },
    });
    await (await conditions.check({ ...duplicate, order: 1 }, undefined))();
    expect([...draft.objectsOf(policyBindingModel.name)]).toHaveLength(2);
  });

  it('is removed with its target', () => {
    const { draft } = compilerOf(flow(1), condition(11, 1, { group: uuid(90) }));
    draft.remove(uuid(1));
    expect(draft.changes.removed.sort()).toEqual([1, 11].map(uuid));
  });

  it('prevents the removal of its policy unless it is disabled, because the flow would admit every user', () => {
    const { draft } = compilerOf(
      ...[flow(1), policy(3)],
      condition(11, 1, { policy: uuid(3) }),
      condition(12, 1, { policy: uuid(3), order: 1, enabled: false }),
    );
    const why =
      'cannot remove policy 3: policy 3 flow-1 0 uses it as its policy. Change or remove policy 3 flow-1 0 first';
    expect(() => draft.remove(uuid(3))).toThrow(why);
    draft.remove(uuid(11));
    draft.remove(uuid(3));
    expect(draft.changes.removed.sort()).toEqual([3, 11, 12].map(uuid));
  });
});
