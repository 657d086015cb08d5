/** Somebody or something whose messages are counted. */
export interface QuotaSubject {
  readonly subject: Buffer;
  /** Messages an hour. */
  readonly most: number;
  /** Seconds between two. */
  readonly apartS: number;
}

/** How often messages were sent: they cost money, and ring phones of others. */
export abstract class Sends {
  /** Counts one message for all of them; false, and none is to be sent, when it is one too many for any. */
  abstract take(counted: readonly QuotaSubject[]): Promise<boolean>;
  /** Whether a message has been counted for a subject of late. */
  abstract has(subject: Buffer): Promise<boolean>;
}
