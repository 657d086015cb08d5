import { randomUUID } from 'node:crypto';
import { DeviceRepository } from '@gatehouse/authenticators';
import { deviceSettings } from '@gatehouse/authenticators/testing';
import type { DeviceClass, SavedUser } from '@gatehouse/contracts';
import { enrol, flowDatabase, REQUEST_FACTS } from '@gatehouse/executor-postgres/testing';
import { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type UserDevice, UserDeviceRepository } from './user-device.repository.js';

let source: DataSource;
let close: () => Promise<void>;
let devices: DeviceRepository;
let userDevices: UserDeviceRepository;
let [alice, bob]: SavedUser[] = [];
beforeAll(async () => {
  const database = await flowDatabase();
  ({ source, close } = database);
  const sealer = new Sealer(deviceSettings(database.url).MFA_SEAL_KEYS);
  [devices, userDevices] = [new DeviceRepository(source, sealer), new UserDeviceRepository(source, sealer)];
});
afterAll(() => close?.());
beforeEach(async () => {
  [alice, bob] = [await enrol(source), await enrol(source)];
  await source.query('DELETE FROM flow.outbox');
});

async function addDevice(user: SavedUser, kind: DeviceClass = 'totp', name: string = kind): Promise<UserDevice> {
  const secret = { key: 'secret-of-the-device' };
  const pk = await devices.add({ id: randomUUID(), user: user.uuid, kind, name, secret, facts: { ending: '00' } });
  return (await userDevices.find(user.uuid, { kind, pk: pk! }))!;
}
const changeBy = (owner: SavedUser) => ({ owner, facts: REQUEST_FACTS });
const outboxTopics = async () =>
  (await source.query<{ topic: string }[]>('SELECT topic FROM flow.outbox')).map((r) => r.topic);

describe('a user’s own devices', () => {
  it('are listed in pages, the oldest first, without secrets', async () => {
    const added = [await addDevice(alice!), await addDevice(alice!, 'sms'), await addDevice(alice!)];
    await addDevice(bob!);
    const owner = alice!.uuid;
    expect([await userDevices.count({ owner }), await userDevices.count({ owner, kind: 'totp' })]).toEqual([3, 2]);
    expect(await userDevices.list({ owner }, { offset: 1, limit: 5 })).toEqual(added.slice(1));
    expect(await userDevices.list({ owner, kind: 'sms' }, { offset: 0, limit: 5 })).toEqual([added[1]]);
    expect(added[0]).toMatchObject({ kind: 'totp', name: 'totp', facts: { ending: '00' }, lastUsed: null });
    expect(JSON.stringify(await userDevices.list({ owner }, { offset: 0, limit: 5 }))).not.toContain(
      'secret-of-the-device',
    );
  });

  it('have a credential id only if they are passkeys, and listCredentialIds returns those of one owner', async () => {
    for (const [user, kind] of [
      [alice!, 'webauthn'],
      [alice!, 'sms'],
      [bob!, 'webauthn'],
    ] as const)
      await devices.add({ id: randomUUID(), user: user.uuid, kind, name: kind, handle: `${kind} of ${user.username}` });
    const ids = [`webauthn of ${alice!.username}`, null];
    const listed = await userDevices.list({ owner: alice!.uuid }, { offset: 0, limit: 5 });
    expect(listed.map(({ credentialId }) => credentialId)).toEqual(ids);
    expect(await userDevices.listCredentialIds(alice!.uuid)).toEqual([ids[0]]);
  });

  it('are not found for another user or under another kind', async () => {
    const { pk } = await addDevice(alice!);
    expect(await userDevices.find(bob!.uuid, { kind: 'totp', pk })).toBeUndefined();
    expect(await userDevices.find(alice!.uuid, { kind: 'sms', pk })).toBeUndefined();
  });
});

describe('a change of a device', () => {
  it('writes an audit event', async () => {
    const device = await addDevice(alice!);
    expect(await userDevices.rename(device, 'Phone', changeBy(alice!))).toBe(true);
    expect(await userDevices.find(alice!.uuid, device)).toMatchObject({ name: 'Phone' });
    expect(await outboxTopics()).toEqual(['events.model_updated']);
    expect(await userDevices.remove(device, changeBy(alice!))).toBe(true);
    expect(await userDevices.find(alice!.uuid, device)).toBeUndefined();
    expect(await outboxTopics()).toEqual(['events.model_updated', 'events.model_deleted']);
  });

  it('does nothing and writes no event for a device of another user or a missing device', async () => {
    const device = await addDevice(alice!);
    expect([
      await userDevices.rename(device, 'Mine', changeBy(bob!)),
      await userDevices.remove(device, changeBy(bob!)),
    ]).toEqual([false, false]);
    expect(await userDevices.find(alice!.uuid, device)).toEqual(device);
    await userDevices.remove(device, changeBy(alice!));
    await source.query('DELETE FROM flow.outbox');
    expect([
      await userDevices.rename(device, 'Mine', changeBy(alice!)),
      await userDevices.remove(device, changeBy(alice!)),
    ]).toEqual([false, false]);
    expect(await outboxTopics()).toEqual([]);
  });

  it('happens only once if several requests make the same change concurrently', async () => {
    const device = await addDevice(alice!);
    const removed = await Promise.all(Array.from({ length: 5 }, () => userDevices.remove(device, changeBy(alice!))));
    expect(removed.filter(Boolean)).toHaveLength(1);
    expect(await outboxTopics()).toEqual(['events.model_deleted']);
  });
});
