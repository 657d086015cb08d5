import { createHmac } from 'node:crypto';
import type { AttemptRefusal } from '../ports/flow-observer.js';

/** One failure that is counted for a credential, or for the client's network, before the stage judges the answer. */
export interface AttemptReservation {
  /** 16 bytes of an HMAC of the user or network, so that the table contains no name or address. */
  readonly subject: Buffer;
  readonly credential: string;
  /** Name of the counter, if the credential has several (docs/spec/attempts.md#counters). Default: the credential. */
  readonly counter?: string;
  /** Consecutive failures before delays start. */
  readonly free: number;
  /**
   * Consecutive failures that lock the credential; `undefined` for a counter that visitors without a proof can raise,
   * because they must not be able to lock a credential.
   */
  readonly hard: number | undefined;
  /** Consecutive failures from which delays grow beyond an hour, up to a day; `undefined`: never. */
  readonly daily?: number;
  /** Seconds without a failure after which failures are forgotten; `undefined`: never. */
  readonly forgetAfterS: number | undefined;
  /** Time of the reservation, set by the store. A release passes this time back to the store. */
  readonly reservedAt?: string;
  /** Whether this failure locks the credential, set by the store. */
  readonly locks?: boolean;
}

export type ReservationResult =
  | { readonly reserved: true; readonly reservations: readonly AttemptReservation[] }
  /** `network` is true if the network has too many failures, false if a credential is locked or delayed. */
  | {
      readonly reserved: false;
      readonly network: boolean;
      /** Whether a credential is locked, and not only delayed. For metrics only. */
      readonly locked?: boolean;
      readonly retryAfterS: number;
    };

/** Returns why attempts were not reserved, for metrics. */
export const refusalOf = ({ network, locked }: Extract<ReservationResult, { reserved: false }>): AttemptRefusal =>
  network ? 'network' : locked ? 'locked' : 'delayed';

export abstract class AttemptStore {
  /**
   * Reserves all of the attempts, or none, and commits before the answer is judged. Returns the reservations with
   * `reservedAt`. `ageMs` is the time since the answer arrived: a delay must have been over at the arrival, so that no
   * answer waits in a queue until its delay ends.
   */
  abstract reserve(reservations: readonly AttemptReservation[], ageMs: number): Promise<ReservationResult>;
  /**
   * Releases attempts that were never judged, and removes the delays that they set. A delay that a later reservation
   * has set stays.
   */
  abstract release(reservations: readonly AttemptReservation[]): Promise<void>;
  /** Deletes all failures of a subject. Returns the credentials that had failures. */
  abstract unlock(subject: Buffer): Promise<readonly string[]>;
}

/**
 * Seconds of delay after the first failure beyond `free`. Each further failure doubles the delay, up to an hour, or up
 * to a day from `daily` failures on.
 */
export const DEFAULT_FIRST_DELAY_S = 1;

export const NETWORK_CREDENTIAL = 'network';

/** Derives the HMAC key of attempt subjects from PSEUDONYM_KEY, by default SECRET_KEY. */
export const attemptHmacKey = (secret: string): Buffer => createHmac('sha256', secret).update('attempts').digest();

/** Returns the subject of a saved user. */
export const userSubject = (key: Buffer, uuid: string): Buffer => hmacSubject(key, `user:${uuid}`);

/** Returns 16 bytes of an HMAC of a text that names a user or a network. */
export const hmacSubject = (key: Buffer, text: string) =>
  createHmac('sha256', key).update(text).digest().subarray(0, 16);

/** Returns the name under which the store counts a reservation. */
export const counterOf = ({ credential, counter = credential }: AttemptReservation): string => counter;

/** Returns the credential that a counter belongs to. */
export const credentialOf = (counter: string): string => counter.split(COUNTER_SEPARATOR, 1)[0]!;

/** Separates the credential from the rest of a counter's name. */
export const COUNTER_SEPARATOR = ' ';
