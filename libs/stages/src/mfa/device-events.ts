import { modelOf } from '@gatehouse/authenticators';
import type { DeviceClass } from '@gatehouse/contracts';

interface Named {
  readonly kind: DeviceClass;
  readonly name: string;
  readonly pk: number;
}

/** A device as events and facts name it (docs/spec/mfa.md#mfa-events). */
export const namedDevice = ({ kind, name, pk }: Named) => ({ ...modelOf(kind), name, pk });

/** The event of a device that was set up. */
export const enrolled = (device: Named) =>
  ({ type: 'event', action: 'model_created', context: { model: namedDevice(device) } }) as const;
