import { deviceModel } from '@gatehouse/authenticators';
import type { DeviceClass } from '@gatehouse/contracts';

interface Named {
  readonly kind: DeviceClass;
  readonly name: string;
  readonly pk: number;
}

/** A device as events and facts name it (docs/spec/mfa.md#mfa-events). */
export const deviceReference = ({ kind, name, pk }: Named) => ({ ...deviceModel(kind), name, pk });

/** The event of a device that was set up. */
export const deviceCreatedEvent = (device: Named) =>
  ({ type: 'event', action: 'model_created', context: { model: deviceReference(device) } }) as const;
