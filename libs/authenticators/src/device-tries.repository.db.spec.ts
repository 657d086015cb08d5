import { randomUUID } from 'node:crypto';
import { DeviceTriesRepository, MAX_WAIT_S } from '@gatehouse/authenticators';
import { createDeviceDatabase, type DeviceDatabase } from '@gatehouse/authenticators/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

let database: DeviceDatabase;
let tries: DeviceTriesRepository;
beforeAll(async () => {
  database = await createDeviceDatabase();
  tries = new DeviceTriesRepository(database.source);
});
afterAll(() => database?.close());

async function newDevice() {
  const user = randomUUID();
  await database.devices.add({ id: randomUUID(), user, kind: 'totp', name: 'App' });
  const [device] = await database.devices.findByUser(user);
  return device!;
}
/** Returns the seconds for which a device is still blocked with this factor, rounded up; 0 if it is not blocked. */
async function waitOf({ id }: { id: string }, factor: number) {
  for (const passed of [0, 1, 2, 4, 8, 16, MAX_WAIT_S - 1, MAX_WAIT_S]) {
    const at = `UPDATE mfa.devices SET failed_at = now() - $2 * interval '1 second' WHERE id = $1`;
    await database.source.query(at, [id, passed]);
    const [{ failures }] = await database.source.query('SELECT failures FROM mfa.devices WHERE id = $1', [id]);
    if ((await tries.reserve([{ id }], factor)).length === 1) {
      await database.source.query('UPDATE mfa.devices SET failures = $2 WHERE id = $1', [id, failures]);
      return passed;
    }
  }
  return undefined;
}

it('a wrong code blocks a device for `waitS` seconds, doubled by each further failure, at most 30 seconds', async () => {
  const device = await newDevice();
  expect(await tries.reserve([device], 1)).toEqual([device]);
  const waits: (number | undefined)[] = [];
  for (const failures of [1, 2, 3, 4, 100]) {
    await database.source.query('UPDATE mfa.devices SET failures = $2 WHERE id = $1', [device.id, failures]);
    waits.push(await waitOf(device, 1));
  }
  expect(waits).toEqual([1, 2, 4, 8, MAX_WAIT_S]);
  await database.source.query('UPDATE mfa.devices SET failures = 2 WHERE id = $1', [device.id]);
  expect(await waitOf(device, 8)).toBe(16);
  expect(await waitOf(device, 0)).toBe(0);
});

it('a try is counted only for devices that are not blocked', async () => {
  const [waiting, open] = [await newDevice(), await newDevice()];
  await tries.reserve([waiting], MAX_WAIT_S);
  expect(await tries.reserve([waiting, open], MAX_WAIT_S)).toEqual([open]);
  const failures = await database.source.query('SELECT failures FROM mfa.devices WHERE id = ANY($1)', [
    [waiting.id, open.id],
  ]);
  expect(failures).toEqual([{ failures: 1 }, { failures: 1 }]);
});

it('only one of several concurrent tries of a device is reserved', async () => {
  const device = await newDevice();
  const reserved = await Promise.all(Array.from({ length: 8 }, () => tries.reserve([device], MAX_WAIT_S)));
  expect(reserved.flat()).toEqual([device]);
});

it('a released try does not block the device', async () => {
  const device = await newDevice();
  const before = `UPDATE mfa.devices SET failures = 8, failed_at = now() - interval '1 hour' WHERE id = $1`;
  await database.source.query(before, [device.id]);
  expect(await tries.reserve([device], 1)).toEqual([device]);
  await tries.release([device]);
  expect(await tries.reserve([device], 1)).toEqual([device]);
  expect(await tries.reserve([device], 1)).toEqual([]);
});

it('a right code resets the failures of its device, and a released try is not counted', async () => {
  const device = await newDevice();
  await tries.reserve([device], MAX_WAIT_S);
  await tries.release([device]);
  expect(await tries.reserve([device], MAX_WAIT_S)).toEqual([device]);
  expect(await tries.reserve([device], MAX_WAIT_S)).toEqual([]);
  await database.devices.recordUse(device);
  expect(await tries.reserve([device], MAX_WAIT_S)).toEqual([device]);
});
