import { randomUUID } from 'node:crypto';
import { createDeviceDatabase, type DeviceDatabase } from '@gatehouse/authenticators/testing';
import type { SavedUser, StageReply } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authenticatorStaticContract } from './authenticator-static.contract.js';
import { AuthenticatorStaticStage } from './authenticator-static.stage.js';

let database: DeviceDatabase;
beforeAll(async () => {
  database = await createDeviceDatabase();
});
afterAll(() => database?.close());

const newUser = (): SavedUser => ({
  ...{ kind: 'saved', uuid: randomUUID(), pk: 7, username: 'alice', name: 'Alice', email: 'a@example.org' },
  ...{ is_active: true, epoch: 1, locale: '' },
});
const setUp = (user: SavedUser, config = {}) =>
  driveStage(authenticatorStaticContract, new AuthenticatorStaticStage(database.devices), {
    context: { pending_user: user },
    config,
  });
const codesIn = (reply: StageReply) => ('challenge' in reply ? (reply.challenge?.['codes'] as string[]) : []);

describe('issuing recovery codes', () => {
  it('shows the same codes until they are confirmed, and stores only digests', async () => {
    const alice = newUser();
    const { show, answer } = setUp(alice);
    const codes = codesIn(await show());
    expect(codesIn(await show())).toEqual(codes);
    expect(codes.map((code) => /^[a-zA-Z0-9]{12}$/.test(code))).toEqual(Array(6).fill(true));
    expect(await database.devices.findByUser(alice.uuid)).toEqual([]);
    expect(await answer({})).toMatchObject({ type: 'passed' });
    const [device] = await database.devices.findByUser(alice.uuid);
    const rows: unknown = await database.source.query(
      'SELECT d, encode(c.digest, $2) FROM mfa.devices d JOIN mfa.codes c ON c.device_id = d.id WHERE d.id = $1',
      [device?.id, 'escape'],
    );
    expect(rows).toHaveLength(6);
    expect(codes.filter((code) => JSON.stringify(rows).includes(code))).toEqual([]);
    expect(await database.devices.consumeCode(device!, codes[0]!)).toBe(true);
  });

  it('stores codes of the maximum length, and refuses a configuration outside the limits', async () => {
    const alice = newUser();
    const long = setUp(alice, { token_length: 100, token_count: 100 });
    const codes = codesIn(await long.show());
    expect(await long.answer({})).toMatchObject({ type: 'passed' });
    const [device] = await database.devices.findByUser(alice.uuid);
    expect(await database.devices.consumeCode(device!, codes.at(-1)!)).toBe(true);
    const invalidConfigs = [{ token_length: 101 }, { token_length: 5 }, { token_count: 101 }, { token_count: 0 }];
    expect(invalidConfigs.map((config) => authenticatorStaticContract.config.safeParse(config).success)).toEqual(
      Array(4).fill(false),
    );
  });

  it('stores no codes if the user confirms before the codes were shown', async () => {
    const alice = newUser();
    expect(codesIn(await setUp(alice).answer({}))).toHaveLength(6);
    expect(await database.devices.findByUser(alice.uuid)).toEqual([]);
  });
});
