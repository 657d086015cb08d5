import { randomBytes } from 'node:crypto';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let bed: BlueprintHarness;
beforeAll(async () => {
  bed = await BlueprintHarness.open();
});
afterAll(() => bed?.close());

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const [first, second] = [key('first'), key('second')];
const KIND = 'x_acme_gate';
const object = { type: 'object' };
const text = { type: 'string' };

beforeEach(async () => {
  await bed.empty();
  bed.sealer = new Sealer(first);
  bed.described.set(KIND, {
    ...{ v: 1, kind: KIND, component: 'x-acme-gate', challenge: object, response: object, state: object },
    config: { type: 'object', properties: { address: text, password: { ...text, 'x-secret': true } } },
  });
});

const gate = (password: string, address = 'somewhere') =>
  `{model: gatehouse_stages.remotestage, id: gate, identifiers: {name: gate}, attrs: {kind: ${KIND}, config: {address: ${address}, password: ${password}}}}`;
const flow = (...stages: string[]) =>
  entries(
    '{model: authentik_flows.flow, id: a, identifiers: {slug: a}, attrs: {name: N, title: T, designation: authentication}}',
    ...stages,
    '{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf a, stage: !KeyOf gate, order: 1}}',
  );
const stored = async () =>
  JSON.stringify([
    await bed.query('SELECT identifiers, attrs FROM flow.objects'),
    await bed.query('SELECT document FROM flow.flow_versions'),
  ]);
const config = async () => (await bed.current('a'))?.document.steps[0]?.stage.config;

describe('a secret of a stage', () => {
  it('stands nowhere as it was given, and what is no secret does', async () => {
    await bed.apply(flow(gate('hush-hush')));
    expect(await stored()).toContain('somewhere');
    expect(await stored()).not.toContain('hush-hush');
    expect(await config()).toEqual({ address: 'somewhere', password: { 'gatehouse:sealed': expect.any(String) } });
  });

  it('is the same secret the second time, so that nothing is published', async () => {
    await bed.apply(flow(gate('hush-hush')));
    expect((await bed.apply(flow(gate('hush-hush')))).published).toEqual([]);
    expect((await bed.apply(flow(gate('louder')))).published).toEqual([{ slug: 'a', number: 2 }]);
  });

  it('is as it was when something else of the stage changes', async () => {
    await bed.apply(flow(gate('hush-hush')));
    const before = await config();
    await bed.apply(flow(gate('hush-hush', 'elsewhere')));
    expect(await config()).toEqual({ ...before, address: 'elsewhere' });
  });

  it('is sealed anew by whatever is applied next, once another key seals', async () => {
    await bed.apply(flow(gate('hush-hush')));
    const before = await config();
    bed.sealer = new Sealer(`${second},${first}`);
    const group = entries('{model: authentik_core.group, identifiers: {name: g}}');
    expect((await bed.apply(group)).published).toEqual([{ slug: 'a', number: 2 }]);
    expect(await config()).not.toEqual(before);
    bed.sealer = new Sealer(second);
    expect((await bed.apply(flow(gate('hush-hush')))).published).toEqual([]);
  });

  it('is not taken without a key to seal it', async () => {
    bed.sealer = undefined;
    await expect(bed.apply(flow(gate('hush-hush')))).rejects.toThrow('SEAL_KEYS is not set');
    expect(await stored()).toBe('[[],[]]');
  });
});
