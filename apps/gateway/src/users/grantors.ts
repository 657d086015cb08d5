import type { Identity } from '@gatehouse/executor';

/** Those who have let a device in. */
export abstract class Grantors {
  /** Undefined once they are disabled, or all of their sessions have been ended since. */
  abstract find(user: { readonly uuid: string; readonly epoch: number }): Promise<Identity | undefined>;
}
