import type { DeviceClass } from '@gatehouse/contracts';

/** Maximum length of a device name, in characters. */
export const MAX_DEVICE_NAME_LENGTH = 64;

/** A confirmed authenticator of a user. */
export interface Device {
  readonly id: string;
  /** The number by which clients refer to the device; unique across all kinds. */
  readonly pk: number;
  readonly user: string;
  readonly kind: DeviceClass;
  readonly name: string;
  /**
   * An identifier that is unique among devices of the kind, such as a credential id; null for kinds without handles.
   */
  readonly handle: string | null;
  /** Id of the stage that set the device up, and whose settings it still uses. */
  readonly stage: string | null;
  /** The highest counter used so far: a TOTP time step or a signature counter. It never decreases. */
  readonly counter: number;
  /** Properties that are not secret. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly created: Date;
  readonly updated: Date;
  readonly lastUsed: Date | null;
  /** Returns the unsealed secret; null when the device has none. */
  readonly openSecret: () => unknown;
}

/** A device to be added. */
export interface NewDevice {
  /** Id that the caller chooses and repeats in a retry, so that the retry adds no second device. */
  readonly id: string;
  readonly user: string;
  readonly kind: DeviceClass;
  readonly name: string;
  readonly handle?: string;
  readonly stage?: string;
  readonly counter?: number;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly secret?: unknown;
  /** Single-use codes in plain text; the repository stores only digests. */
  readonly codes?: readonly string[];
  /** Times of creation and last use of an imported device. Default: created now, never used. */
  readonly created?: Date | undefined;
  readonly lastUsed?: Date | undefined;
}

/** Returns the names of authentik's model for a kind of device, which policies and events use. */
export const deviceModel = (kind: DeviceClass) => ({
  app: `authentik_stages_authenticator_${kind}`,
  model_name: `${kind}device`,
});
