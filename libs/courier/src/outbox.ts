import type { OutboxMessage } from '@gatehouse/outbox';

/** Two sorts of messages, that wait for different servers. */
export type MessageKind = 'mail' | 'event';

/** A message that this courier has for some time; `tries` counts how often it was taken, by whomever. */
export interface LeasedMessage {
  readonly id: string;
  readonly topic: string;
  readonly tries: number;
  readonly madeAt: Date;
  /** Seconds since then, by the clock that `madeAt` is of. */
  readonly ageS: number;
  /** Undefined when no key opens it. */
  readonly body: unknown;
}

/** How much of a sort is there. */
export interface OutboxStats {
  readonly sort: MessageKind;
  readonly waiting: number;
  readonly parked: number;
  /** Seconds that the oldest of those that wait has been there. */
  readonly oldestS: number;
}

/**
 * What is to be sent. Whoever takes a message has it for the time they ask for: until then nobody else takes it. What is done
 * with it later than that, when another courier has it, changes nothing.
 */
export abstract class Outbox {
  abstract take(sort: MessageKind, most: number, forS: number): Promise<LeasedMessage[]>;
  /** Forgets what was delivered; whatever it led to is put into the outbox with that. */
  abstract done(taken: readonly LeasedMessage[], follows?: OutboxMessage): Promise<void>;
  /** Puts it back, to be due in so many seconds. */
  abstract later(taken: LeasedMessage, error: string, inS: number): Promise<void>;
  /** Puts it aside until somebody asks for it. */
  abstract park(taken: LeasedMessage, error: string, follows?: OutboxMessage): Promise<void>;
  /** How many mails an address was written to in the current period, this one included. */
  abstract countTo(address: string, periodS: number): Promise<number>;
  /** Notes when a user was last logged in. */
  abstract noteLogin(user: string, at: Date): Promise<void>;
  abstract standing(): Promise<OutboxStats[]>;
  /** Removes what was parked longer ago, and counts of periods that are over. */
  abstract sweep(keepS: number, periodS: number): Promise<void>;
}
