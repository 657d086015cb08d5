import type { DeviceClass } from '@gatehouse/contracts';

/** Characters of a device's name. */
export const MAX_DEVICE_NAME_LENGTH = 64;

/** What proves somebody besides a password. */
export interface Device {
  readonly id: string;
  /** Its number among the devices of all kinds: what clients call it by. */
  readonly pk: number;
  readonly user: string;
  readonly kind: DeviceClass;
  readonly name: string;
  /** What it is known by among those of its kind; null where nothing does. */
  readonly handle: string | null;
  /** Id of the stage that set it up, and that goes on serving it. */
  readonly stage: string | null;
  /** The last number that it was used with: a time step, a signature counter. It only rises. */
  readonly counter: number;
  /** What anybody who may see the device may know of it. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly created: Date;
  readonly updated: Date;
  readonly lastUsed: Date | null;
  /** What nobody may know, opened; null where there is nothing to hide. */
  readonly openSecret: () => unknown;
}

/** A device that is to be kept. */
export interface NewDevice {
  /** Drawn by whoever asks for it, so that asking again makes no second one. */
  readonly id: string;
  readonly user: string;
  readonly kind: DeviceClass;
  readonly name: string;
  readonly handle?: string;
  readonly stage?: string;
  readonly counter?: number;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly secret?: unknown;
  /** Codes of which each is good for one proof. */
  readonly codes?: readonly string[];
  /** When it was made and last used, of one that was made elsewhere; else it is made now. */
  readonly created?: Date | undefined;
  readonly lastUsed?: Date | undefined;
}

/** How policies, events and the reference call the devices of a kind. */
export const deviceModel = (kind: DeviceClass) => ({
  app: `authentik_stages_authenticator_${kind}`,
  model_name: `${kind}device`,
});
