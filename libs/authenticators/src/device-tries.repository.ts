import { ASYNC_COMMIT, type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import type { Device } from './device.js';

/**
 * Longest time, in seconds, for which wrong codes block a device. Anyone can block a device with wrong codes, and the
 * attempts limit guesses already (docs/spec/attempts.md), so the block must not keep the user out for long.
 */
export const MAX_WAIT_S = 30;
/** Number of failures from which the time no longer doubles. Larger powers of two would overflow. */
const MAX_DOUBLINGS = 30;

/**
 * Counts a try of each device that is not blocked. $1 ids of the devices, $2 seconds of the block after the first
 * failure. The time doubles with each consecutive failure. Returns the ids of the counted devices.
 */
const RESERVE: NamedStatement = {
  name: 'devices.try',
  text: `WITH ${ASYNC_COMMIT}
    UPDATE mfa.devices SET failures = failures + 1, failed_at = now() FROM lazily
    WHERE id = ANY($1::uuid[]) AND confirmed AND (failed_at IS NULL OR $2::float8 = 0
      OR failed_at + least($2::float8 * 2 ^ (least(failures, ${MAX_DOUBLINGS}) - 1), ${MAX_WAIT_S}) * interval '1 second' <= now())
    RETURNING id`,
};
/**
 * Releases the last try of devices. $1 ids of the devices. The device was not blocked before the try, so `failed_at` is
 * set so far back that the device is not blocked now.
 */
const RELEASE: NamedStatement = {
  name: 'devices.untry',
  text: `WITH ${ASYNC_COMMIT}
    UPDATE mfa.devices SET failures = failures - 1, failed_at = CASE WHEN failures > 1 THEN failed_at - interval '${MAX_WAIT_S} seconds' END FROM lazily
    WHERE id = ANY($1::uuid[]) AND failures > 0`,
};

type DeviceId = Pick<Device, 'id'>;

/**
 * Counts wrong codes for each device, and blocks the device for some time after them. A try counts as a failure before
 * the code is judged, so that concurrent guesses gain nothing. A right code resets the count (`DeviceRepository`).
 */
export class DeviceTriesRepository {
  constructor(private readonly source: DataSource) {}

  /**
   * Counts a try of each device, and returns the devices that may be tried. A blocked device is neither counted nor
   * returned. `waitS` is the time of the block after the first failure; 0 for no block.
   */
  async reserve<D extends DeviceId>(devices: readonly D[], waitS: number): Promise<D[]> {
    const { rows } = await runNamed<DeviceId>(this.source, RESERVE, [devices.map(({ id }) => id), waitS]);
    const reserved = new Set(rows.map(({ id }) => id));
    return devices.filter(({ id }) => reserved.has(id));
  }

  /** Releases the tries of devices whose codes were not wrong: another device accepted the code. */
  async release(devices: readonly DeviceId[]): Promise<void> {
    if (devices.length > 0) await runNamed(this.source, RELEASE, [devices.map(({ id }) => id)]);
  }
}
