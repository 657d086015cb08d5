import { deviceModel } from '@gatehouse/authenticators';
import type { AuditContext, DeviceClass } from '@gatehouse/contracts';

interface DeviceName {
  readonly kind: DeviceClass;
  readonly name: string;
  readonly pk: number;
}

/** Returns the reference to a device in events and facts (docs/spec/mfa.md#mfa-events). */
export const deviceReference = ({ kind, name, pk }: DeviceName) => ({ ...deviceModel(kind), name, pk });

/** Returns the audit event of a new device. */
export const deviceCreatedEvent = (device: DeviceName, details: Omit<AuditContext<'model_created'>, 'model'> = {}) =>
  ({ type: 'event', action: 'model_created', context: { model: deviceReference(device), ...details } }) as const;
