import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../../testing/blueprint-harness.js';
import type { FlowRollouts } from './typeorm-flow-rollouts.js';

let harness: BlueprintHarness;
let rollouts: FlowRollouts;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
/** Version 1 was current earlier, version 2 is current, version 3 is a draft. */
beforeEach(async () => {
  await harness.reset();
  rollouts = harness.rollouts();
  await harness.apply(titled('A'));
  await harness.apply(titled('B'));
  await harness.draft(titled('C'));
});

const titled = (title: string) =>
  entries(
    `{model: authentik_flows.flow, id: login, identifiers: {slug: login}, attrs: {name: N, title: ${title}, designation: authentication}}`,
  );
const share = { share: 1000, graceS: 900 };
const state = async () =>
  (await harness.releases().versions('login')).versions.map(({ number, state: name }) => `${number} ${name}`);
const log = () => harness.query('SELECT * FROM flow.releases ORDER BY id');
const CHANGED = {
  code: 'changed_meanwhile',
  message: expect.stringMatching(/^The flow login was changed meanwhile: /),
};

describe('a change that expects the present state of the flow', () => {
  it('is carried out', async () => {
    await rollouts.start('login', 3, { ...share, expected: { current: 2, candidate: null, result: 2 } });
    await harness.releases().publish('login', 3, { expected: { current: 2, candidate: 3, result: 3 } });
    await harness.releases().rollback('login', { expected: { current: 3, candidate: null, result: 2 } });
    expect(await state()).toEqual(['3 earlier', '2 current', '1 earlier']);
  });
});

describe('a change that expects another state of the flow', () => {
  it.each([
    ['another current version', { current: 1 }],
    ['a candidate that does not exist', { current: 2, candidate: 3 }],
    ['another resulting version', { current: 2, result: 2 }],
  ])('is refused for %s, and changes nothing', async (_, expected) => {
    const before = [await state(), await log()];
    await expect(harness.releases().publish('login', 3, { expected })).rejects.toMatchObject(CHANGED);
    await expect(harness.releases().rollback('login', { expected: { ...expected, result: 3 } })).rejects.toMatchObject(
      CHANGED,
    );
    expect([await state(), await log()]).toEqual(before);
  });

  it('is refused for a rollout that is expected to change the current version, and changes nothing', async () => {
    const before = [await state(), await log()];
    const start = rollouts.start('login', 3, { ...share, expected: { current: 2, result: 3 } });
    await expect(start).rejects.toMatchObject(CHANGED);
    expect([await state(), await log()]).toEqual(before);
  });

  it('is refused if a rollout was started in the meantime, and the rollout continues', async () => {
    await rollouts.start('login', 3, share);
    const before = [await state(), await log()];
    const expected = { current: 2, candidate: null };
    await expect(harness.releases().publish('login', 1, { expected })).rejects.toMatchObject(CHANGED);
    await expect(harness.releases().rollback('login', { expected })).rejects.toMatchObject(CHANGED);
    await expect(rollouts.start('login', 3, { ...share, expected })).rejects.toMatchObject(CHANGED);
    expect([await state(), await log()]).toEqual(before);
  });
});

describe('the version that a rollback would make current', () => {
  it('is the previous version, or the current one while a rollout runs', async () => {
    expect(await harness.releases().rollbackTarget('login')).toBe(1);
    await rollouts.start('login', 3, share);
    expect(await harness.releases().rollbackTarget('login')).toBe(2);
  });

  it('is an error if no version was published earlier', async () => {
    await harness.releases().rollback('login');
    await expect(harness.releases().rollbackTarget('login')).rejects.toMatchObject({ code: 'nothing_before' });
  });
});
