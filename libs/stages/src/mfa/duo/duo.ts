import type { DuoAccount } from './duo-signature.js';

/** A pairing of a phone that has begun. */
export interface DuoEnrollment {
  readonly userId: string;
  readonly activationCode: string;
  /** The address of a picture to scan. */
  readonly activationBarcode: string;
}

/** How far a pairing is. */
export type DuoPairing = 'success' | 'waiting' | 'invalid';

/** What Duo wants of a user before they may go on. */
export type DuoPreauthResult =
  | { readonly result: 'allow' | 'deny' | 'enroll' }
  | {
      readonly result: 'auth';
      /** Where the account demands that numbers are compared: what the visitor types into the app. */
      readonly verification?: { readonly transaction: string; readonly code: string };
    };

/** What has become of a message to somebody's phone. */
export type DuoAuthStatus = 'allow' | 'deny' | 'waiting';

/** What the visitor's phone shows of a login. */
export interface DuoPush {
  readonly userId: string;
  readonly ip: string;
  /** Above the message, such as `Example Login request`. */
  readonly type: string;
  readonly username: string;
  /** Named facts, shown one below the other. */
  readonly facts: Readonly<Record<string, string>>;
  /** The transaction whose number the visitor has been shown. */
  readonly transaction?: string | undefined;
}

/** A user as Duo's administration lists them. */
export interface DuoUser {
  readonly userId: string;
  readonly username: string;
}

/** Duo says no to what was asked, with its own words; asking again will not help. */
export class DuoRejectedError extends Error {}

/** Duo cannot be reached, is too slow, or has too much to do; asking again may help. */
export class DuoUnavailableError extends Error {}

/** Duo's service, asked in the name of one of its accounts. Everything throws `DuoRefusal` or `DuoAway` when it fails. */
export abstract class Duo {
  abstract enroll(account: DuoAccount, username: string): Promise<DuoEnrollment>;
  abstract pairing(account: DuoAccount, enrollment: DuoEnrollment): Promise<DuoPairing>;
  abstract demand(
    account: DuoAccount,
    user: { readonly userId: string; readonly ip: string; readonly numbers: boolean },
  ): Promise<DuoPreauthResult>;
  /** Sends a message to the user's phone and says under which transaction its answer is found. */
  abstract push(account: DuoAccount, push: DuoPush): Promise<string>;
  /** Waits for news of a transaction, no longer than it is given. */
  abstract answer(account: DuoAccount, transaction: string, withinMs: number): Promise<DuoAuthStatus>;
  /** Judges a code that the app shows. */
  abstract passcode(
    account: DuoAccount,
    user: { readonly userId: string; readonly ip: string },
    code: string,
  ): Promise<DuoAuthStatus>;
  /** All users, page by page; the account is one of Duo's administration. */
  abstract users(account: DuoAccount): AsyncIterable<DuoUser>;
}
