import { randomBytes, randomUUID } from 'node:crypto';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitForBlockedStatements } from '../../../test/support/blocked-statements.js';
import { type DevicesDatabase, devicesDatabase } from '../testing/devices-database.js';
import type { Device, NewDevice } from './device.js';
import { TypeormDevices } from './device.repository.js';

let database: DevicesDatabase;
let source: DevicesDatabase['source'];
let devices: TypeormDevices;
beforeAll(async () => {
  database = await devicesDatabase();
  ({ source, devices } = database);
});
afterAll(() => database?.close());

const newDevice = (fields: Partial<NewDevice> = {}): NewDevice => ({
  ...{ id: randomUUID(), user: randomUUID(), kind: 'totp', name: 'Phone' },
  ...fields,
});

async function kept(fields: Partial<NewDevice> = {}): Promise<Device> {
  const device = newDevice(fields);
  await devices.add(device);
  return (await devices.of(device.user)).find(({ id }) => id === device.id)!;
}

/** Whatever the rows of a table hold, as text. */
const everything = async (table: string) => JSON.stringify(await source.query(`SELECT t::text FROM ${table} t`));

describe('a device', () => {
  it('is there for its user with what is secret about it, and for nobody else', async () => {
    const device = await kept({ secret: { key: 'aa55' }, facts: { brand: 'x' }, counter: 7 });
    expect(device).toMatchObject({ kind: 'totp', name: 'Phone', counter: 7, facts: { brand: 'x' }, lastUsed: null });
    expect(device.openSecret()).toEqual({ key: 'aa55' });
    expect(await devices.of(randomUUID())).toEqual([]);
  });

  it('has its secret sealed and its codes digested at rest', async () => {
    await kept({ secret: { key: 'a-secret-key' } });
    await kept({ kind: 'static', codes: ['a-recovery-code'] });
    const rows = (await everything('mfa.devices')) + (await everything('mfa.codes'));
    for (const secret of ['a-secret-key', 'a-recovery-code'])
      for (const form of ['utf8', 'hex', 'base64'] as const)
        expect(rows).not.toContain(Buffer.from(secret).toString(form));
  });

  it('is none before it is confirmed', async () => {
    const device = await kept({ kind: 'static', handle: randomUUID(), codes: ['Abc123'], counter: 1 });
    await source.query('UPDATE mfa.devices SET confirmed = false WHERE id = $1', [device.id]);
    expect(await devices.of(device.user)).toEqual([]);
    expect(await devices.findByHandle('static', device.handle!)).toBeUndefined();
    expect([await devices.use(device, { to: 9 }), await devices.spend(device, 'Abc123')]).toEqual([false, false]);
  });

  it('is kept once, however often it is asked for', async () => {
    const device = newDevice({ kind: 'static', codes: ['one'] });
    const pk = await devices.add(device);
    expect(await devices.add(device)).toBe(pk);
    expect(await devices.of(device.user)).toHaveLength(1);
  });

  it('has one number for two who keep it at once', async () => {
    const device = newDevice();
    const other = source.createQueryRunner();
    await other.startTransaction();
    const columns = 'INSERT INTO mfa.devices (id, user_id, kind, name)';
    const [{ pk }] = await other.query(`${columns} VALUES ($1, $2, 'totp', 'Phone') RETURNING pk`, [
      device.id,
      device.user,
    ]);
    const asked = devices.add(device);
    await waitForBlockedStatements(source, 1);
    await other.commitTransaction();
    await other.release();

    expect(await asked).toBe(pk);
    expect(await devices.of(device.user)).toHaveLength(1);
  });

  it('that another is known as is refused, whoever asks', async () => {
    await devices.add(newDevice({ kind: 'webauthn', handle: 'credential' }));
    expect(await devices.add(newDevice({ kind: 'webauthn', handle: 'credential' }))).toBeUndefined();
    expect(await devices.findByHandle('webauthn', 'credential')).toMatchObject({ handle: 'credential' });
    expect(await devices.findByHandle('duo', 'credential')).toBeUndefined();
  });

  it('is not taken over by whoever knows its id', async () => {
    const device = await kept();
    expect(await devices.add(newDevice({ id: device.id }))).toBeUndefined();
  });
});

describe('a counter', () => {
  it('only rises, and of many who move it to one place one does', async () => {
    const device = await kept({ counter: 5 });
    expect(await devices.use(device, { to: 5 })).toBe(false);
    const moves = await Promise.all(Array.from({ length: 20 }, () => devices.use(device, { to: 6 })));
    expect(moves.filter(Boolean)).toHaveLength(1);
    expect(await devices.use(device, { to: 4 })).toBe(false);
  });

  it('may stay where it is for a device that does not count, and a use without one is noted', async () => {
    const device = await kept({ counter: 0 });
    expect(await devices.use(device, { to: 0, mayStay: true })).toBe(true);
    expect(await devices.use(device)).toBe(true);
    expect((await devices.of(device.user))[0]?.lastUsed).toBeInstanceOf(Date);
  });

  it('of a device is moved for its owner alone', async () => {
    const device = await kept({ counter: 1 });
    expect(await devices.use({ ...device, user: randomUUID() }, { to: 9 })).toBe(false);
    expect(await devices.use(device, { to: 9 })).toBe(true);
  });

  it('of a device that is gone is nobody’s to move', async () => {
    const device = await kept();
    await source.query('SELECT mfa.remove_device($1, $2, $3)', [device.user, device.kind, device.pk]);
    expect(await devices.use(device, { to: 9 })).toBe(false);
  });
});

describe('a code', () => {
  it('is good for one of many who bring it at once, letter by letter', async () => {
    const device = await kept({ kind: 'static', codes: ['Abc123', 'Def456'] });
    expect(await devices.spend(device, 'aBC123')).toBe(false);
    const spent = await Promise.all(Array.from({ length: 20 }, () => devices.spend(device, 'Abc123')));
    expect(spent.filter(Boolean)).toHaveLength(1);
    expect(await devices.spend(device, 'Def456')).toBe(true);
  });

  it('is spent by the owner of its device alone', async () => {
    const device = await kept({ kind: 'static', codes: ['Abc123'] });
    expect(await devices.spend({ ...device, user: randomUUID() }, 'Abc123')).toBe(false);
    expect(await devices.spend(device, 'Abc123')).toBe(true);
  });

  it('is found again while keys are rotated, and is nothing for another device', async () => {
    const device = await kept({ kind: 'static', codes: ['Abc123'] });
    const other = await kept({ kind: 'static', codes: ['Xyz789'] });
    expect(await devices.spend(other, 'Abc123')).toBe(false);
    const [id, key] = ['k2', randomBytes(32).toString('base64')];
    const later = new TypeormDevices(source, new Sealer(`${id}:${key}`));
    expect(await later.spend(device, 'Abc123')).toBe(false);
    expect(await devices.spend(device, 'Abc123')).toBe(true);
  });
});

describe('what others may do', () => {
  it('is to see, rename and remove somebody’s own devices, and to ask whether there are any', async () => {
    const { user, pk } = await kept({ secret: { key: 'aa' } });
    const ask = async (sql: string, values: unknown[]) => Object.values((await source.query(sql, values))[0])[0];
    expect(await ask('SELECT mfa.rename_device($1, $2, $3, $4)', [randomUUID(), 'totp', pk, 'Mine'])).toBe(false);
    expect(await ask('SELECT mfa.rename_device($1, $2, $3, $4)', [user, 'totp', pk, 'Mine'])).toBe(true);
    const [seen] = await source.query('SELECT * FROM mfa.owned_devices WHERE user_id = $1', [user]);
    expect(seen).toMatchObject({ name: 'Mine', kind: 'totp' });
    expect(seen).not.toHaveProperty('secret');
    expect(await ask('SELECT mfa.has_device($1, $2)', [user, 'totp'])).toBe(true);
    expect(await ask('SELECT mfa.has_device($1, $2)', [user, 'sms'])).toBe(false);
    expect(await ask('SELECT mfa.remove_device($1, $2, $3)', [user, 'totp', pk])).toBe(true);
    expect(await ask('SELECT mfa.has_device($1, NULL)', [user])).toBe(false);
  });
});
