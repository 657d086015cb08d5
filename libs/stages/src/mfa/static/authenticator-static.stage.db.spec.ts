import type { PlanContext, StageReply } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DevicesDatabase, devicesDatabase } from '../../../../../test/support/devices.js';
import { stranger } from '../duo/testing.js';
import { authenticatorStaticContract } from './authenticator-static.contract.js';
import { AuthenticatorStaticStage } from './authenticator-static.stage.js';

let database: DevicesDatabase;
beforeAll(async () => {
  database = await devicesDatabase();
});
afterAll(() => database?.close());

const setUp = (context: PlanContext, config: Record<string, unknown> = {}) =>
  driveStage(authenticatorStaticContract, new AuthenticatorStaticStage(database.devices), { context, config });
const codesIn = (reply: StageReply) => (reply as { challenge: { codes?: string[] } }).challenge.codes as string[];

describe('setting recovery codes up', () => {
  it('shows as many as the stage says, each of its length and none twice, and the same at every look', async () => {
    const { show } = setUp({ pending_user: stranger() }, { token_count: 20, token_length: 10 });
    const codes = codesIn(await show());
    expect(new Set(codes).size).toBe(20);
    for (const code of codes) expect(code).toMatch(/^[A-Za-z0-9]{10}$/);
    expect(codesIn(await show())).toEqual(codes);
  });

  it('keeps them once they were seen: one device, however often that is said, whose codes count once each', async () => {
    const user = stranger();
    const { show, answer } = setUp({ pending_user: user });
    const codes = codesIn(await show());
    expect(await database.devices.of(user.uuid)).toEqual([]);
    const kept = await answer({});
    const [device] = await database.devices.of(user.uuid);
    const model = { app: 'authentik_stages_authenticator_static', model_name: 'staticdevice', name: 'Static Token' };
    const context = { model: { ...model, pk: device?.pk } };
    expect(kept).toEqual({ type: 'passed', effects: [{ type: 'event', action: 'model_created', context }] });

    expect((await answer({})).type).toBe('passed');
    expect(await database.devices.of(user.uuid)).toHaveLength(1);
    const first = codes[0] ?? '';
    expect([await database.devices.spend(device!, first), await database.devices.spend(device!, first)]).toEqual([
      true,
      false,
    ]);
  });

  it('keeps none that were never shown', async () => {
    const user = stranger();
    const { answer } = setUp({ pending_user: user });
    expect((await answer({})).type).toBe('challenge');
    expect(await database.devices.of(user.uuid)).toEqual([]);
  });

  it('passes nobody at all by, and denies whoever is not saved yet', async () => {
    expect(await setUp({}).show()).toEqual({ type: 'passed' });
    const pending_user = { kind: 'pretended', username: 'nobody', email: '' } as const;
    expect((await setUp({ pending_user }).show()).type).toBe('denied');
  });

  it.each([{ token_count: 0 }, { token_count: 101 }, { token_length: 5 }, { token_length: 65 }])(
    'takes no config such as %j',
    (config) => {
      expect(authenticatorStaticContract.config.safeParse(config).success).toBe(false);
    },
  );
});
