import type { DeviceClass } from '@gatehouse/contracts';
import type { Device, NewDevice } from './device.js';

/** How far a device's counter moves when it is used. */
export interface CounterUpdate {
  readonly to: number;
  /** Whether staying where it is will do, as for authenticators that do not count. */
  readonly mayStay?: boolean;
}

/** The devices of the house. Whatever is good for one use is used up in one statement, so that of two askers one gets it. */
export abstract class Devices {
  /** A user's confirmed devices, the last used of each kind first. */
  abstract of(user: string): Promise<Device[]>;
  /** A confirmed device by what it is known by. */
  abstract findByHandle(kind: DeviceClass, handle: string): Promise<Device | undefined>;
  /** Keeps a device, once for its id. Its number; undefined when another is known by the same handle. */
  abstract add(device: NewDevice): Promise<number | undefined>;
  /** Notes a use; false when the counter does not rise by it, or the device is gone. */
  abstract use(device: Device, advance?: CounterUpdate): Promise<boolean>;
  /** Uses up one of a device's codes; false when it has no such code, or has it no more. */
  abstract spend(device: Device, code: string): Promise<boolean>;
}
