import type { DeviceClass, SavedUser } from '@gatehouse/contracts';
import type { Slice } from '../sessions/sessions.js';

/** What clients call a device by. */
export interface UserDeviceId {
  readonly kind: DeviceClass;
  readonly pk: number;
}

/** A device as its owner sees it: nothing that proves anything. */
export interface UserDevice extends UserDeviceId {
  readonly name: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly created: Date;
  readonly updated: Date;
  readonly lastUsed: Date | null;
}

/** Whose devices, and of which kind; undefined: of all. */
export interface UserDeviceFilter {
  readonly owner: string;
  readonly kind?: DeviceClass | undefined;
}

/** Whose device is changed, by themself, and from where. */
export interface DeviceChange {
  readonly owner: SavedUser;
  readonly clientIp: string;
}

/** The devices that prove somebody, to that somebody. */
export abstract class OwnDevices {
  abstract count(query: UserDeviceFilter): Promise<number>;
  /** The oldest first. */
  abstract list(query: UserDeviceFilter, slice: Slice): Promise<UserDevice[]>;
  abstract find(owner: string, key: UserDeviceId): Promise<UserDevice | undefined>;
  /** Gives a device another name, which is an audit event; false when it is gone. */
  abstract rename(device: UserDevice, name: string, change: DeviceChange): Promise<boolean>;
  /** Removes a device, which is an audit event; false when it is gone. */
  abstract remove(device: UserDevice, change: DeviceChange): Promise<boolean>;
}
