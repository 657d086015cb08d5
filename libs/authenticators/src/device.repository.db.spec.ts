import { randomBytes, randomUUID } from 'node:crypto';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitForBlockedStatements } from '../../../test/support/blocked-statements.js';
import { createDeviceDatabase, type DeviceDatabase } from '../testing/devices-database.js';
import type { Device, NewDevice } from './device.js';
import { DeviceRepository } from './device.repository.js';

let database: DeviceDatabase;
let source: DeviceDatabase['source'];
let devices: DeviceRepository;
beforeAll(async () => {
  database = await createDeviceDatabase();
  ({ source, devices } = database);
});
afterAll(() => database?.close());

const newDevice = (fields: Partial<NewDevice> = {}): NewDevice => ({
  ...{ id: randomUUID(), user: randomUUID(), kind: 'totp', name: 'Phone' },
  ...fields,
});

async function addDevice(fields: Partial<NewDevice> = {}): Promise<Device> {
  const device = newDevice(fields);
  await devices.add(device);
  return (await devices.findByUser(device.user)).find(({ id }) => id === device.id)!;
}

/** Returns all rows of a table as text. */
const dump = async (table: string) => JSON.stringify(await source.query(`SELECT t::text FROM ${table} t`));

describe('stored devices', () => {
  it('are found for their own user only, with their secret', async () => {
    const device = await addDevice({ secret: { key: 'aa55' }, facts: { brand: 'x' }, counter: 7 });
    expect(device).toMatchObject({ kind: 'totp', name: 'Phone', counter: 7, facts: { brand: 'x' }, lastUsed: null });
    expect(device.openSecret()).toEqual({ key: 'aa55' });
    expect(await devices.findByUser(randomUUID())).toEqual([]);
  });

  it('have an encrypted secret and hashed codes in the database', async () => {
    await addDevice({ secret: { key: 'a-secret-key' } });
    await addDevice({ kind: 'static', codes: ['a-recovery-code'] });
    const rows = (await dump('mfa.devices')) + (await dump('mfa.codes'));
    for (const secret of ['a-secret-key', 'a-recovery-code'])
      for (const form of ['utf8', 'hex', 'base64'] as const)
        expect(rows).not.toContain(Buffer.from(secret).toString(form));
  });

  it('are not found and cannot be used before they are confirmed', async () => {
    const device = await addDevice({ kind: 'static', handle: randomUUID(), codes: ['Abc123'], counter: 1 });
    await source.query('UPDATE mfa.devices SET confirmed = false WHERE id = $1', [device.id]);
    expect(await devices.findByUser(device.user)).toEqual([]);
    expect(await devices.findByHandle('static', device.handle!)).toBeUndefined();
    expect([await devices.recordUse(device, { to: 9 }), await devices.consumeCode(device, 'Abc123')]).toEqual([
      false,
      false,
    ]);
  });

  it('are added once if the same id is added twice', async () => {
    const device = newDevice({ kind: 'static', codes: ['one'] });
    const pk = await devices.add(device);
    expect(await devices.add(device)).toBe(pk);
    expect(await devices.findByUser(device.user)).toHaveLength(1);
  });

  it('get the same pk in two transactions that add the same device concurrently', async () => {
    const device = newDevice();
    const other = source.createQueryRunner();
    await other.startTransaction();
    const columns = 'INSERT INTO mfa.devices (id, user_id, kind, name)';
    const [{ pk }] = await other.query(`${columns} VALUES ($1, $2, 'totp', 'Phone') RETURNING pk`, [
      device.id,
      device.user,
    ]);
    const added = devices.add(device);
    await waitForBlockedStatements(source, 1);
    await other.commitTransaction();
    await other.release();

    expect(await added).toBe(pk);
    expect(await devices.findByUser(device.user)).toHaveLength(1);
  });

  it('are refused when another device of the kind has the same handle', async () => {
    await devices.add(newDevice({ kind: 'webauthn', handle: 'credential' }));
    expect(await devices.add(newDevice({ kind: 'webauthn', handle: 'credential' }))).toBeUndefined();
    expect(await devices.findByHandle('webauthn', 'credential')).toMatchObject({ handle: 'credential' });
    expect(await devices.findByHandle('duo', 'credential')).toBeUndefined();
  });

  it('keep their owner when another user adds a device with the same id', async () => {
    const device = await addDevice();
    expect(await devices.add(newDevice({ id: device.id }))).toBeUndefined();
  });
});

describe('the counter of a device', () => {
  it('only increases, and only one of many concurrent requests with the same value succeeds', async () => {
    const device = await addDevice({ counter: 5 });
    expect(await devices.recordUse(device, { to: 5 })).toBe(false);
    const updates = await Promise.all(Array.from({ length: 20 }, () => devices.recordUse(device, { to: 6 })));
    expect(updates.filter(Boolean)).toHaveLength(1);
    expect(await devices.recordUse(device, { to: 4 })).toBe(false);
  });

  it('may be unchanged with `allowEqual`, and a use without a counter is recorded too', async () => {
    const device = await addDevice({ counter: 0 });
    expect(await devices.recordUse(device, { to: 0, allowEqual: true, facts: { backed_up: true } })).toBe(true);
    expect(await devices.recordUse(device)).toBe(true);
    expect((await devices.findByUser(device.user))[0]?.facts).toEqual({ ...device.facts, backed_up: true });
    expect((await devices.findByUser(device.user))[0]?.lastUsed).toBeInstanceOf(Date);
  });

  it('is changed by a use of the device’s owner only', async () => {
    const device = await addDevice({ counter: 1 });
    expect(await devices.recordUse({ ...device, user: randomUUID() }, { to: 9 })).toBe(false);
    expect(await devices.recordUse(device, { to: 9 })).toBe(true);
  });

  it('does not change once the device is deleted', async () => {
    const device = await addDevice();
    await source.query('SELECT mfa.remove_device($1, $2, $3)', [device.user, device.kind, device.pk]);
    expect(await devices.recordUse(device, { to: 9 })).toBe(false);
  });
});

describe('recovery codes', () => {
  it('are case-sensitive, and consumed by only one of many concurrent requests', async () => {
    const device = await addDevice({ kind: 'static', codes: ['Abc123', 'Def456'] });
    expect(await devices.consumeCode(device, 'aBC123')).toBe(false);
    const consumed = await Promise.all(Array.from({ length: 20 }, () => devices.consumeCode(device, 'Abc123')));
    expect(consumed.filter(Boolean)).toHaveLength(1);
    expect(await devices.consumeCode(device, 'Def456')).toBe(true);
  });

  it('cannot be consumed by a user who does not own the device', async () => {
    const device = await addDevice({ kind: 'static', codes: ['Abc123'] });
    expect(await devices.consumeCode({ ...device, user: randomUUID() }, 'Abc123')).toBe(false);
    expect(await devices.consumeCode(device, 'Abc123')).toBe(true);
  });

  it('are not accepted for another device, or without the key that digested them', async () => {
    const device = await addDevice({ kind: 'static', codes: ['Abc123'] });
    const other = await addDevice({ kind: 'static', codes: ['Xyz789'] });
    expect(await devices.consumeCode(other, 'Abc123')).toBe(false);
    const [id, key] = ['k2', randomBytes(32).toString('base64')];
    const later = new DeviceRepository(source, new Sealer(`${id}:${key}`));
    expect(await later.consumeCode(device, 'Abc123')).toBe(false);
    expect(await devices.consumeCode(device, 'Abc123')).toBe(true);
  });
});

describe('the view and functions for other services', () => {
  it('list, rename and remove the devices of one user, and tell whether the user has any', async () => {
    const { user, pk } = await addDevice({ secret: { key: 'aa' } });
    const query = async (sql: string, values: unknown[]) => Object.values((await source.query(sql, values))[0])[0];
    expect(await query('SELECT mfa.rename_device($1, $2, $3, $4)', [randomUUID(), 'totp', pk, 'Mine'])).toBe(false);
    expect(await query('SELECT mfa.rename_device($1, $2, $3, $4)', [user, 'totp', pk, 'Mine'])).toBe(true);
    const [seen] = await source.query('SELECT * FROM mfa.owned_devices WHERE user_id = $1', [user]);
    expect(seen).toMatchObject({ name: 'Mine', kind: 'totp' });
    expect(seen).not.toHaveProperty('secret');
    expect(seen).toMatchObject({ credential_id: null });
    expect(await query('SELECT mfa.has_device($1, $2)', [user, 'totp'])).toBe(true);
    expect(await query('SELECT mfa.has_device($1, $2)', [user, 'sms'])).toBe(false);
    expect(await query('SELECT mfa.remove_device($1, $2, $3)', [user, 'totp', pk])).toBe(true);
    expect(await query('SELECT mfa.has_device($1, NULL)', [user])).toBe(false);
  });
});
