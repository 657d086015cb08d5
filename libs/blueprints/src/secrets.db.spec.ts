import { randomBytes } from 'node:crypto';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const [first, second] = [key('first'), key('second')];
const KIND = 'x_acme_gate';
const object = { type: 'object' };
const text = { type: 'string' };

beforeEach(async () => {
  await harness.reset();
  harness.sealer = new Sealer(first);
  harness.descriptors.set(KIND, {
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
    await harness.query('SELECT identifiers, attrs FROM flow.objects'),
    await harness.query('SELECT document FROM flow.flow_versions'),
  ]);
const config = async () => (await harness.currentVersion('a'))?.document.steps[0]?.stage.config;

describe('a secret of a stage', () => {
  it('is stored sealed, while other config is stored in plaintext', async () => {
    await harness.apply(flow(gate('hush-hush')));
    expect(await stored()).toContain('somewhere');
    expect(await stored()).not.toContain('hush-hush');
    expect(await config()).toEqual({ address: 'somewhere', password: { 'gatehouse:sealed': expect.any(String) } });
  });

  it('counts as unchanged if the plaintext is the same, so no flow is published', async () => {
    await harness.apply(flow(gate('hush-hush')));
    expect((await harness.apply(flow(gate('hush-hush')))).published).toEqual([]);
    expect((await harness.apply(flow(gate('louder')))).published).toMatchObject([{ slug: 'a', number: 2 }]);
  });

  it('keeps its sealed value when another field of the stage changes', async () => {
    await harness.apply(flow(gate('hush-hush')));
    const before = await config();
    await harness.apply(flow(gate('hush-hush', 'elsewhere')));
    expect(await config()).toEqual({ ...before, address: 'elsewhere' });
  });

  it('is sealed with the new key by the next run after a key rotation', async () => {
    await harness.apply(flow(gate('hush-hush')));
    const before = await config();
    harness.sealer = new Sealer(`${second},${first}`);
    const group = entries('{model: authentik_core.group, identifiers: {name: g}}');
    expect((await harness.apply(group)).published).toMatchObject([{ slug: 'a', number: 2 }]);
    expect(await config()).not.toEqual(before);
    harness.sealer = new Sealer(second);
    expect((await harness.apply(flow(gate('hush-hush')))).published).toEqual([]);
  });

  it('is refused when SEAL_KEYS is not set', async () => {
    harness.sealer = undefined;
    await expect(harness.apply(flow(gate('hush-hush')))).rejects.toThrow('SEAL_KEYS is not set');
    expect(await stored()).toBe('[[],[]]');
  });
});
