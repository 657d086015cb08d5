/** An enrollment of a phone that is in progress. */
export interface DuoEnrollment {
  readonly userId: string;
  readonly activationCode: string;
  /** URL of the QR code that the Duo app scans. */
  readonly activationBarcode: string;
}

/** The status of an enrollment. */
export type DuoEnrollStatus = 'success' | 'waiting' | 'invalid';

/** The Duo user and the visitor's IP address at a login. */
export interface DuoAuthRequest {
  readonly userId: string;
  readonly ip: string;
}

/** Result of Duo's `preauth`, which decides whether the user needs a push. */
export type DuoPreauthResult =
  | { readonly result: 'allow' | 'deny' | 'enroll' }
  | {
      readonly result: 'auth';
      /** Present if the account requires a verified push. `code` is the number that the user types into the app. */
      readonly verification?: { readonly transaction: string; readonly code: string };
    };

/** The status of a push. */
export type DuoAuthStatus = 'allow' | 'deny' | 'waiting';

/** A push, and the texts that the phone displays. */
export interface DuoPush extends DuoAuthRequest {
  /** The title, such as `Example Login request`. */
  readonly type: string;
  readonly username: string;
  /** Facts that the phone displays as a list, by label. */
  readonly facts: Readonly<Record<string, string>>;
  /** The transaction id that `preauth` returned for a verified push. */
  readonly transaction?: string | undefined;
}

/** A Duo user, as the Admin API lists it. */
export interface DuoUser {
  readonly userId: string;
  readonly username: string;
}

/** Thrown if Duo rejects a request. The message comes from Duo. A retry does not help. */
export class DuoRejectedError extends Error {}

/** Thrown if Duo is unreachable, too slow or overloaded. A retry may help. */
export class DuoUnavailableError extends Error {}
