import { defineStage, inlinedReferences, reference, references, secret } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { documentDigest, FlowCompiler } from './compile.js';
import { Draft } from './draft.js';
import { objectModels } from './models.js';
import type { BlueprintObject } from './object-model.js';

const none = z.object({});
const shapes = { challenge: none, response: none, state: none, component: undefined, service: 'test' };
const host = defineStage({
  ...shapes,
  kind: 'host',
  model: 'app.host',
  config: z.object({ inner: reference('stage'), next_flow: reference('flow'), size: z.int().default(3) }),
});
const inner = defineStage({
  ...shapes,
  kind: 'inner',
  model: 'app.inner',
  config: z.object({
    word: secret(z.string().default('')),
    shade: z.string().default('grey'),
    back: reference('flow'),
  }),
});
const porch = defineStage({
  ...shapes,
  kind: 'porch',
  model: 'app.porch',
  config: z.object({ inner: reference('stage') }),
  embeds: { inner: { field: 'word', error: 'porch_failed' } },
});
const form = defineStage({
  ...shapes,
  kind: 'form',
  model: 'app.form',
  related_models: [{ kind: 'line', model: 'app.line', config: z.object({ text: z.string().default('') }) }],
  config: z.object({
    lines: inlinedReferences('line', z.object({ id: z.string(), name: z.string(), text: z.string() })),
    rules: inlinedReferences(
      'policy',
      z.object({ id: z.string(), kind: z.string(), config: z.object({ warm: z.boolean() }) }),
    ),
    next: references('stage'),
  }),
});
const guest = defineStage({
  ...shapes,
  kind: 'guest',
  model: 'app.guest',
  config: z.object({}),
  companions: ['inner'],
  proof_step: { factor: 'device', order: 1, config: {} },
});
const usher = defineStage({ ...shapes, kind: 'usher', model: 'app.usher', config: none, inserts: ['guest'] });
const keeper = defineStage({
  ...shapes,
  kind: 'keeper',
  model: 'app.keeper',
  config: none,
  changes_credentials: () => true,
});
const lock = defineStage({
  ...shapes,
  kind: 'lock',
  model: 'app.lock',
  config: none,
  proves: () => ({ factor: 'first', if_missing: 'refused' }),
});
const weather = { kind: 'weather', model: 'app.weather', config: z.object({ warm: z.boolean().default(true) }) };
const contracts = {
  stages: new Map(
    [host, inner, porch, form, guest, usher, keeper, lock].map((contract) => [contract.model as string, contract]),
  ),
  policies: new Map([[weather.model, weather]]),
};

/** A fake secret box that does not encrypt the value. */
const secretBox = { seal: (_: object, value: unknown) => ({ sealed: value }) };

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const flow = (id: number, slug: string, values = {}): BlueprintObject => ({
  id: uuid(id),
  model: 'authentik_flows.flow',
  values: { slug, name: slug, title: 'T', designation: 'authentication', ...values },
});
const stage = (id: number, model: string, values = {}): BlueprintObject => ({
  id: uuid(id),
  model,
  values: { name: `stage ${id}`, ...values },
});
const binding = (id: number, [target, bound, order]: [number, number, number], values = {}): BlueprintObject => ({
  id: uuid(id),
  model: 'authentik_flows.flowstagebinding',
  values: { target: uuid(target), stage: uuid(bound), order, ...values },
});

function compilerOf(...objects: BlueprintObject[]) {
  const draft = new Draft(objectModels(contracts), []);
  for (const object of objects) draft.put(object);
  return { draft, compiler: new FlowCompiler(draft, contracts, secretBox) };
}
function compiled(...objects: [BlueprintObject, ...BlueprintObject[]]) {
  return compilerOf(...objects).compiler.compile(objects[0]);
}

describe('FlowCompiler', () => {
  it('orders steps by order, then by the id of the binding', () => {
    const version = compiled(
      flow(1, 'a'),
      stage(2, 'app.inner'),
      binding(13, [1, 2, 20]),
      binding(12, [1, 2, 20]),
      binding(14, [1, 2, 3]),
      binding(11, [1, 2, 100]),
    );
    expect(version.steps.map(({ id }) => id)).toEqual([uuid(14), uuid(12), uuid(13), uuid(11)]);
  });

  it('replaces flow references by slugs, and attaches referenced stages with their secrets beside the config', () => {
    const version = compiled(
      flow(1, 'a'),
      flow(2, 'b'),
      stage(3, 'app.host', { inner: uuid(4), next_flow: uuid(2) }),
      stage(4, 'app.inner', { word: 'hush', back: uuid(1) }),
      binding(5, [1, 3, 0]),
    );
    expect(version.steps[0]?.stage.config).toEqual({ inner: uuid(4), next_flow: 'b', size: 3 });
    expect(version.attached).toEqual({
      [uuid(4)]: {
        id: uuid(4),
        name: 'stage 4',
        kind: 'inner',
        model: 'app.inner',
        config: { shade: 'grey', back: 'a' },
        secrets: { word: { sealed: 'hush' } },
      },
    });
  });

  it('inlines policies and objects that a config refers to, and attaches the stages that it lists to the flow version', () => {
    const version = compiled(
      flow(1, 'a'),
      { id: uuid(2), model: 'app.line', values: { name: 'first', text: 'One' } },
      { id: uuid(3), model: 'app.weather', values: { name: 'mild', warm: true } },
      stage(4, 'app.form', { lines: [uuid(2)], rules: [uuid(3)], next: [uuid(5)] }),
      stage(5, 'app.inner', { word: 'hush' }),
      binding(6, [1, 4, 0]),
    );
    expect(version.steps[0]?.stage.config).toEqual({
      lines: [{ id: uuid(2), name: 'first', text: 'One' }],
      rules: [{ id: uuid(3), kind: 'weather', config: { warm: true } }],
      next: [uuid(5)],
    });
    expect(Object.keys(version.attached)).toEqual([uuid(5)]);
  });

  it('includes each companion with its secrets, and recompiles the flow when a companion is removed', () => {
    const objects = [stage(10, 'app.guest'), stage(11, 'app.inner', { word: 'hush' }), binding(20, [1, 10, 1])];
    const { draft, compiler } = compilerOf(flow(1, 'main'), ...objects);
    const { companions } = compiler.compile(draft.get(uuid(1))!);
    expect(companions).toMatchObject({ [uuid(11)]: { kind: 'inner', secrets: { word: { sealed: 'hush' } } } });
    expect(compiler.affectedFlows(new Set([uuid(11)]))).toHaveLength(1);

    draft.remove(uuid(11));
    const after = new FlowCompiler(draft, contracts, secretBox);
    expect(after.affectedFlows(draft.touched)).toHaveLength(1);
    expect(after.compile(draft.get(uuid(1))!).companions).toEqual({});
  });

  it('includes the companions of steps that a stage may insert', () => {
    const objects = [stage(10, 'app.usher'), stage(11, 'app.inner', { word: 'hush' }), binding(20, [1, 10, 1])];
    const { draft, compiler } = compilerOf(flow(1, 'main'), ...objects);
    expect(Object.keys(compiler.compile(draft.get(uuid(1))!).companions)).toEqual([uuid(11)]);
    expect(compiler.affectedFlows(new Set([uuid(11)]))).toHaveLength(1);
  });

  it('includes the companions of proof steps that the gateway inserts before a change of credentials', () => {
    const objects = [stage(10, 'app.keeper'), stage(11, 'app.inner', { word: 'hush' }), binding(20, [1, 10, 1])];
    const { draft, compiler } = compilerOf(flow(1, 'main'), ...objects);
    expect(Object.keys(compiler.compile(draft.get(uuid(1))!).companions)).toEqual([uuid(11)]);
  });

  it('includes the sealed secrets of a bound stage in its config', () => {
    const version = compiled(flow(1, 'a'), stage(2, 'app.inner', { word: 'hush' }), binding(3, [1, 2, 0]));
    expect(version.steps[0]?.stage.config).toMatchObject({ word: { sealed: 'hush' } });
  });

  it.each([
    [null, undefined],
    ['', undefined],
    ['https://cdn.example/x.png', 'https://cdn.example/x.png'],
    ['/static/x.png', '/static/x.png'],
    ['flow-backgrounds/x.png', '/media/public/flow-backgrounds/x.png'],
  ])('compiles the background %j to the URL %s', (background, url) => {
    expect(compiled(flow(1, 'a', { background })).flow.background).toBe(url);
  });

  it('returns equal digests only for equal documents, regardless of the order of keys', () => {
    const original = compiled(flow(1, 'a', { title: 'X', name: 'Y' }));
    const reordered = compiled(flow(1, 'a', { name: 'Y', title: 'X' }));
    expect(documentDigest(original)).toEqual(documentDigest(reordered));
    expect(documentDigest(original)).not.toEqual(documentDigest(compiled(flow(1, 'a', { title: 'X', name: 'Z' }))));
  });

  it('finds every flow that depends on a changed object', () => {
    const { compiler } = compilerOf(
      flow(1, 'a'),
      flow(2, 'b'),
      flow(3, 'apart'),
      stage(4, 'app.host', { inner: uuid(5) }),
      stage(5, 'app.inner', { back: uuid(2) }),
      binding(6, [1, 4, 0]),
      { id: uuid(7), model: 'app.line', values: { name: 'first', text: 'One' } },
      { id: uuid(8), model: 'app.weather', values: { name: 'mild', warm: true } },
      stage(9, 'app.form', { lines: [uuid(7)], rules: [uuid(8)] }),
      binding(10, [3, 9, 0]),
    );
    const affected = (id: number) => compiler.affectedFlows(new Set([uuid(id)])).map(({ values }) => values['slug']);
    expect([1, 2, 3, 4, 5, 6].map(affected)).toEqual([['a'], ['a', 'b'], ['apart'], ['a'], ['a'], ['a']]);
    expect([7, 8, 9, 10].map(affected)).toEqual([['apart'], ['apart'], ['apart'], ['apart']]);
  });

  it('refuses a stage whose model has no contract', () => {
    expect(() => compiled(flow(1, 'a'), stage(2, 'app.lost'), binding(3, [1, 2, 0]))).toThrow(
      'app.lost is not a supported model',
    );
  });
});

describe('Draft', () => {
  it('refuses to remove an embedded stage, because its host would then admit every user', () => {
    const { draft } = compilerOf(stage(1, 'app.inner'), stage(2, 'app.porch', { inner: uuid(1) }));

    expect(() => draft.remove(uuid(1))).toThrow(
      'cannot remove stage 1: stage 2 uses it as its inner. Change or remove stage 2 first',
    );
    draft.remove(uuid(2));
    draft.remove(uuid(1));
    expect(draft.changes.removed.sort()).toEqual([uuid(1), uuid(2)]);
  });

  it('refuses to remove a policy that a stage uses, but removes other objects from lists that refer to them', () => {
    const { draft } = compilerOf(
      { id: uuid(1), model: 'app.line', values: { name: 'first' } },
      { id: uuid(2), model: 'app.line', values: { name: 'second' } },
      { id: uuid(3), model: 'app.weather', values: { name: 'mild' } },
      stage(4, 'app.form', { lines: [uuid(1), uuid(2)], rules: [uuid(3)] }),
    );
    expect(() => draft.remove(uuid(3))).toThrow(
      'cannot remove mild: stage 4 uses it as its rules. Change or remove stage 4 first',
    );
    draft.remove(uuid(1));
    expect(draft.get(uuid(4))?.values['lines']).toEqual([uuid(2)]);
  });

  it('refuses to remove a stage that proves a credential while it is bound to a flow', () => {
    const { draft } = compilerOf(flow(1, 'a'), stage(2, 'app.lock'), binding(3, [1, 2, 0]));
    const why = 'cannot remove stage 2: a stage 2 0 uses it as its stage. Change or remove a stage 2 0 first';
    expect(() => draft.remove(uuid(2))).toThrow(why);
    draft.remove(uuid(3));
    draft.remove(uuid(2));
    expect(draft.changes.removed.sort()).toEqual([uuid(2), uuid(3)]);
  });

  it('removes the bindings of a removed stage, and clears references to it', () => {
    const { draft } = compilerOf(
      flow(1, 'a'),
      stage(2, 'app.inner'),
      stage(3, 'app.host', { inner: uuid(2) }),
      binding(4, [1, 2, 0]),
      binding(5, [1, 3, 1]),
    );
    draft.remove(uuid(2));
    expect(draft.changes.removed.sort()).toEqual([uuid(2), uuid(4)]);
    expect(draft.get(uuid(3))?.values['inner']).toBeNull();
  });
});
