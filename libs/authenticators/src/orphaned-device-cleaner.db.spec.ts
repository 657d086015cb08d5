import { randomUUID } from 'node:crypto';
import { enrol, flowDatabase } from '@gatehouse/executor-postgres/testing';
import { Sealer } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { deviceSettings } from '../testing/devices-database.js';
import { DeviceRepository } from './device.repository.js';
import { OrphanedDeviceCleaner } from './orphaned-device-cleaner.js';

it('the cleaner deletes the devices and codes of a deleted user, but not those of other users', async () => {
  const { url, source, close } = await flowDatabase();
  try {
    const { MFA_SEAL_KEYS } = deviceSettings(url);
    const devices = new DeviceRepository(source, new Sealer(MFA_SEAL_KEYS));
    const [alice, bob] = [await enrol(source), await enrol(source)];
    for (const { uuid: user } of [alice, alice, bob])
      await devices.add({ id: randomUUID(), user, kind: 'static', name: 'Codes', codes: ['Abc123'] });
    const cleaner = new OrphanedDeviceCleaner(source);
    expect(await cleaner.sweep()).toBe(0);

    await source.query('DELETE FROM directory.users WHERE id = $1', [alice.uuid]);
    expect(await cleaner.sweep()).toBe(2);
    expect([await devices.findByUser(alice.uuid), (await devices.findByUser(bob.uuid)).length]).toEqual([[], 1]);
    expect(await source.query('SELECT FROM mfa.codes')).toHaveLength(1);
  } finally {
    await close();
  }
});
