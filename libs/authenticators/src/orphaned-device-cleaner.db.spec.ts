import { randomUUID } from 'node:crypto';
import { enrol, flowDatabase } from '@gatehouse/executor-postgres/testing';
import { Sealer } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { withDevices } from '../testing/devices-database.js';
import { TypeormDevices } from './device.repository.js';
import { OrphanedDeviceCleaner } from './orphaned-device-cleaner.js';

it('the devices of a user who was deleted go, with their codes, and those of others stay', async () => {
  const { url, source, close } = await flowDatabase();
  try {
    const { MFA_SEAL_KEYS } = await withDevices(url);
    const devices = new TypeormDevices(source, new Sealer(MFA_SEAL_KEYS));
    const [alice, bob] = [await enrol(source), await enrol(source)];
    for (const { uuid: user } of [alice, alice, bob])
      await devices.add({ id: randomUUID(), user, kind: 'static', name: 'Codes', codes: ['Abc123'] });
    const janitor = new OrphanedDeviceCleaner(source);
    expect(await janitor.sweep()).toBe(0);

    await source.query('DELETE FROM directory.users WHERE id = $1', [alice.uuid]);
    expect(await janitor.sweep()).toBe(2);
    expect([await devices.of(alice.uuid), (await devices.of(bob.uuid)).length]).toEqual([[], 1]);
    expect(await source.query('SELECT FROM mfa.codes')).toHaveLength(1);
  } finally {
    await close();
  }
});
