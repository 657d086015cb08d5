import { randomUUID } from 'node:crypto';
import { DeviceRepository } from '@gatehouse/authenticators';
import { migrateDevices } from '@gatehouse/authenticators/testing';
import type { DeviceClass, SavedUser } from '@gatehouse/contracts';
import { enrol, flowDatabase } from '@gatehouse/executor-postgres/testing';
import { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type UserDevice, UserDeviceRepository } from './user-device.repository.js';

let source: DataSource;
let close: () => Promise<void>;
let kept: DeviceRepository;
let own: UserDeviceRepository;
let [alice, bob]: SavedUser[] = [];
beforeAll(async () => {
  const database = await flowDatabase();
  ({ source, close } = database);
  const sealer = new Sealer((await migrateDevices(database.url)).MFA_SEAL_KEYS);
  [kept, own] = [new DeviceRepository(source, sealer), new UserDeviceRepository(source, sealer)];
});
afterAll(() => close?.());
beforeEach(async () => {
  [alice, bob] = [await enrol(source), await enrol(source)];
  await source.query('DELETE FROM flow.outbox');
});

async function has(user: SavedUser, kind: DeviceClass = 'totp', name: string = kind): Promise<UserDevice> {
  const secret = { key: 'nobody-sees-this' };
  const pk = await kept.add({ id: randomUUID(), user: user.uuid, kind, name, secret, facts: { ending: '00' } });
  return (await own.find(user.uuid, { kind, pk: pk! }))!;
}
const by = (owner: SavedUser) => ({ owner, clientIp: '203.0.113.7' });
const told = async () => (await source.query<{ topic: string }[]>('SELECT topic FROM flow.outbox')).map((r) => r.topic);

describe('devices as their owner sees them', () => {
  it('are all there page by page, the oldest first, with nothing that proves anything', async () => {
    const made = [await has(alice!), await has(alice!, 'sms'), await has(alice!)];
    await has(bob!);
    const owner = alice!.uuid;
    expect([await own.count({ owner }), await own.count({ owner, kind: 'totp' })]).toEqual([3, 2]);
    expect(await own.list({ owner }, { offset: 1, limit: 5 })).toEqual(made.slice(1));
    expect(await own.list({ owner, kind: 'sms' }, { offset: 0, limit: 5 })).toEqual([made[1]]);
    expect(made[0]).toMatchObject({ kind: 'totp', name: 'totp', facts: { ending: '00' }, lastUsed: null });
    expect(JSON.stringify(await own.list({ owner }, { offset: 0, limit: 5 }))).not.toContain('nobody-sees-this');
  });

  it('are nobody else’s, and none by the number of another kind', async () => {
    const { pk } = await has(alice!);
    expect(await own.find(bob!.uuid, { kind: 'totp', pk })).toBeUndefined();
    expect(await own.find(alice!.uuid, { kind: 'sms', pk })).toBeUndefined();
  });
});

describe('a change of a device', () => {
  it('is told with it', async () => {
    const device = await has(alice!);
    expect(await own.rename(device, 'Phone', by(alice!))).toBe(true);
    expect(await own.find(alice!.uuid, device)).toMatchObject({ name: 'Phone' });
    expect(await told()).toEqual(['events.model_updated']);
    expect(await own.remove(device, by(alice!))).toBe(true);
    expect(await own.find(alice!.uuid, device)).toBeUndefined();
    expect(await told()).toEqual(['events.model_updated', 'events.model_deleted']);
  });

  it('is neither made nor told of one that is somebody else’s, or gone', async () => {
    const device = await has(alice!);
    expect([await own.rename(device, 'Mine', by(bob!)), await own.remove(device, by(bob!))]).toEqual([false, false]);
    expect(await own.find(alice!.uuid, device)).toEqual(device);
    await own.remove(device, by(alice!));
    await source.query('DELETE FROM flow.outbox');
    expect([await own.rename(device, 'Mine', by(alice!)), await own.remove(device, by(alice!))]).toEqual([
      false,
      false,
    ]);
    expect(await told()).toEqual([]);
  });

  it('is made once, however often it is asked for at once', async () => {
    const device = await has(alice!);
    const removed = await Promise.all(Array.from({ length: 5 }, () => own.remove(device, by(alice!))));
    expect(removed.filter(Boolean)).toHaveLength(1);
    expect(await told()).toEqual(['events.model_deleted']);
  });
});
