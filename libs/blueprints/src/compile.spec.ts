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
  parts: [{ kind: 'line', model: 'app.line', config: z.object({ text: z.string().default('') }) }],
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
  proof_step: { order: 1, config: {} },
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
  proves: () => ({ factor: 'first', otherwise: 'refused' }),
});
const weather = { kind: 'weather', model: 'app.weather', config: z.object({ warm: z.boolean().default(true) }) };
const contracts = {
  stages: new Map(
    [host, inner, porch, form, guest, usher, keeper, lock].map((contract) => [contract.model as string, contract]),
  ),
  policies: new Map([[weather.model, weather]]),
};

/** What was sealed can be told. */
const vault = { seal: (_: object, value: unknown) => ({ sealed: value }) };

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
  return { draft, compiler: new FlowCompiler(draft, contracts, vault) };
}
function compiled(...objects: [BlueprintObject, ...BlueprintObject[]]) {
  return compilerOf(...objects).compiler.compile(objects[0]);
}

describe('Compiler', () => {
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

  it('puts slugs in the place of flows and keeps ids of stages, which it attaches with their secrets aside', () => {
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

  it('puts what parts and policies say in the place of their ids, and attaches every stage of a list', () => {
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

  it('gives a stage every stage of a kind among its companions, with its secrets, also when one of them goes', () => {
    const objects = [stage(10, 'app.guest'), stage(11, 'app.inner', { word: 'hush' }), binding(20, [1, 10, 1])];
    const { draft, compiler } = compilerOf(flow(1, 'main'), ...objects);
    const { companions } = compiler.compile(draft.get(uuid(1))!);
    expect(companions).toMatchObject({ [uuid(11)]: { kind: 'inner', secrets: { word: { sealed: 'hush' } } } });
    expect(compiler.affected(new Set([uuid(11)]))).toHaveLength(1);

    draft.remove(uuid(11));
    const after = new FlowCompiler(draft, contracts, vault);
    expect(after.affected(draft.touched)).toHaveLength(1);
    expect(after.compile(draft.get(uuid(1))!).companions).toEqual({});
  });

  it('has the companions of steps, too, that a stage may add', () => {
    const objects = [stage(10, 'app.usher'), stage(11, 'app.inner', { word: 'hush' }), binding(20, [1, 10, 1])];
    const { draft, compiler } = compilerOf(flow(1, 'main'), ...objects);
    expect(Object.keys(compiler.compile(draft.get(uuid(1))!).companions)).toEqual([uuid(11)]);
    expect(compiler.affected(new Set([uuid(11)]))).toHaveLength(1);
  });

  it('has the companions of steps that the gateway adds before a change of credentials', () => {
    const objects = [stage(10, 'app.keeper'), stage(11, 'app.inner', { word: 'hush' }), binding(20, [1, 10, 1])];
    const { draft, compiler } = compilerOf(flow(1, 'main'), ...objects);
    expect(Object.keys(compiler.compile(draft.get(uuid(1))!).companions)).toEqual([uuid(11)]);
  });

  it('gives a stage in the flow its own secrets', () => {
    const version = compiled(flow(1, 'a'), stage(2, 'app.inner', { word: 'hush' }), binding(3, [1, 2, 0]));
    expect(version.steps[0]?.stage.config).toMatchObject({ word: { sealed: 'hush' } });
  });

  it.each([
    [null, undefined],
    ['', undefined],
    ['https://cdn.example/x.png', 'https://cdn.example/x.png'],
    ['/static/x.png', '/static/x.png'],
    ['flow-backgrounds/x.png', '/media/public/flow-backgrounds/x.png'],
  ])('serves the background %j at %s', (background, url) => {
    expect(compiled(flow(1, 'a', { background })).flow.background).toBe(url);
  });

  it('has equal digests for equal documents only, whatever the order of keys', () => {
    const one = compiled(flow(1, 'a', { title: 'X', name: 'Y' }));
    const same = compiled(flow(1, 'a', { name: 'Y', title: 'X' }));
    expect(documentDigest(one)).toEqual(documentDigest(same));
    expect(documentDigest(one)).not.toEqual(documentDigest(compiled(flow(1, 'a', { title: 'X', name: 'Z' }))));
  });

  it('knows every flow that a changed object is part of', () => {
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
    const affected = (id: number) => compiler.affected(new Set([uuid(id)])).map(({ values }) => values['slug']);
    expect([1, 2, 3, 4, 5, 6].map(affected)).toEqual([['a'], ['a', 'b'], ['apart'], ['a'], ['a'], ['a']]);
    expect([7, 8, 9, 10].map(affected)).toEqual([['apart'], ['apart'], ['apart'], ['apart']]);
  });

  it('refuses a stage that no contract stands for', () => {
    expect(() => compiled(flow(1, 'a'), stage(2, 'app.lost'), binding(3, [1, 2, 0]))).toThrow(
      'app.lost is not a model of this installation',
    );
  });
});

describe('Draft', () => {
  it('keeps a stage that judges answers inside another, which would let everybody pass without it', () => {
    const { draft } = compilerOf(stage(1, 'app.inner'), stage(2, 'app.porch', { inner: uuid(1) }));

    expect(() => draft.remove(uuid(1))).toThrow(
      'stage 1 is the inner of stage 2, which must be changed or removed first',
    );
    draft.remove(uuid(2));
    draft.remove(uuid(1));
    expect(draft.changes.removed.sort()).toEqual([uuid(1), uuid(2)]);
  });

  it('keeps a policy that a stage asks for, and takes a part out of the lists that name it', () => {
    const { draft } = compilerOf(
      { id: uuid(1), model: 'app.line', values: { name: 'first' } },
      { id: uuid(2), model: 'app.line', values: { name: 'second' } },
      { id: uuid(3), model: 'app.weather', values: { name: 'mild' } },
      stage(4, 'app.form', { lines: [uuid(1), uuid(2)], rules: [uuid(3)] }),
    );
    expect(() => draft.remove(uuid(3))).toThrow('mild is the rules of stage 4, which must be changed or removed first');
    draft.remove(uuid(1));
    expect(draft.get(uuid(4))?.values['lines']).toEqual([uuid(2)]);
  });

  it('keeps a stage that proves something as long as a flow asks it', () => {
    const { draft } = compilerOf(flow(1, 'a'), stage(2, 'app.lock'), binding(3, [1, 2, 0]));
    const why = 'stage 2 is the stage of a stage 2 0, which must be changed or removed first';
    expect(() => draft.remove(uuid(2))).toThrow(why);
    draft.remove(uuid(3));
    draft.remove(uuid(2));
    expect(draft.changes.removed.sort()).toEqual([uuid(2), uuid(3)]);
  });

  it('takes bindings with their stage, and empties references to it', () => {
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
