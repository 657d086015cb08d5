import { deviceModel } from '@gatehouse/authenticators';
import type { DeviceClass } from '@gatehouse/contracts';
import type { CommandEvent } from '@gatehouse/outbox';
import { userSubcommand } from './find-user.js';

interface RemovedDevice {
  readonly kind: DeviceClass;
  readonly pk: number;
  readonly name: string;
}

/**
 * Removes all devices of a user who has lost them. Afterwards the user needs only the password to set up a new device.
 * Writes an event for each device.
 */
export const removeDevices = userSubcommand(async (user, { source, events }) => {
  const removed = await source.transaction(async (manager) => {
    const [devices] = await manager.query<[RemovedDevice[], number]>(
      'DELETE FROM mfa.devices WHERE user_id = $1 RETURNING kind, pk, name',
      [user.uuid],
    );
    const each = devices.map(({ kind, pk, name }): CommandEvent => {
      const model = { ...deviceModel(kind), pk, name };
      return { action: 'model_deleted', context: { model }, user };
    });
    await events.record(manager, ...each);
    return devices.length;
  });
  return `removed ${removed} devices of ${user.username}`;
});
