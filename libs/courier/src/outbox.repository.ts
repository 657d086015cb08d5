import { createHash } from 'node:crypto';
import { type EventBody, type OutboxMessage, openOutboxRow, outboxParameters, outboxRow } from '@gatehouse/outbox';
import { runNamed, type Sealer, UnknownSealKeyError, UnsealError } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import {
  COUNT_RECIPIENT,
  DELETE_DELIVERED,
  KEEP_PUBLISHED,
  LEASE_EVENTS,
  LEASE_MAILS,
  OUTBOX_STATS,
  PARK_MESSAGE,
  POSTPONE_MESSAGES,
  RETRY_LATER,
  SET_LAST_LOGIN,
  SWEEP_COUNTS,
  SWEEP_KEPT,
  SWEEP_PARKED,
} from './outbox.statements.js';

/** Kinds of messages, which are delivered independently. */
export type MessageKind = 'mail' | 'event';

/**
 * A message with a lease of this courier. `tries` counts how often any courier has leased the message, without the
 * leases that were postponed, and identifies this lease.
 */
export interface LeasedMessage {
  readonly id: string;
  readonly topic: string;
  readonly tries: number;
  /** uuid of the saved user whom an event is about. The events of one user are published in their order. */
  readonly user: string | null;
  readonly madeAt: Date;
  /** Seconds since `madeAt`, by the clock of Postgres. */
  readonly ageS: number;
  /** The opened body. Undefined if no seal key opens it. */
  readonly body: unknown;
  /** Error message that names the key which this courier lacks to open the body. */
  readonly missingKey?: string;
}

/** Numbers of messages of one kind. */
export interface OutboxStats {
  readonly sort: MessageKind;
  readonly waiting: number;
  readonly parked: number;
  /** Age of the oldest waiting message in seconds. */
  readonly oldestS: number;
}

type Row = Omit<LeasedMessage, 'body' | 'missingKey'> & { readonly body: Buffer };

/** An event that was published, with its opened body. */
export interface PublishedEvent {
  readonly message: LeasedMessage;
  readonly body: EventBody;
  /** Names of the webhook endpoints that get it. Default: none. */
  readonly endpoints?: readonly string[];
}

/** Returns the uuid of the user who has caused an event, unless it is the user whom the event is about. */
function otherActorOf({ actor }: EventBody, user: string | null): string | null {
  const uuid = actor && 'uuid' in actor ? actor.uuid : null;
  return uuid === user ? null : uuid;
}

const PLAN_ID = z.uuid();
const REQUEST_ID = /^[0-9a-f]{32}$/;

/** Number of old kept events that one statement deletes. */
const KEPT_BATCH = 1000;

const seconds = (count: number) => `${count} seconds`;

/** Largest length of a stored error, in characters. */
const MAX_ERROR_LENGTH = 500;
/** Matches the secret of a mailed link. The error of a mail server may quote the mail with its link. */
const LINK_SECRET = /flow_token=[\w-]*/g;

/** Returns an error as it is stored: short, on one line and without the secrets of mailed links. */
export const redactedError = (error: string) =>
  error
    .replaceAll(LINK_SECRET, 'flow_token=…')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_ERROR_LENGTH);

/** Returns the opened body of a leased message or event, or says which seal key is missing. */
export function openLeasedBody(
  row: Pick<Row, 'id' | 'body'>,
  sealer: Sealer,
): Pick<LeasedMessage, 'body' | 'missingKey'> {
  try {
    return { body: openOutboxRow(row, sealer) };
  } catch (error) {
    if (error instanceof UnknownSealKeyError) return { body: undefined, missingKey: error.message };
    if (error instanceof UnsealError) return { body: undefined };
    throw error;
  }
}

/**
 * Leases messages of the outbox to couriers. Until its lease ends, a message is not leased to another courier. Changes
 * after the end of the lease have no effect if another courier has leased the message.
 */
export class OutboxRepository {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Leases up to `limit` due messages for `leaseS` seconds. Events are in the order in which they must be published. An
   * event is leased only together with all earlier events of its user that were not delivered.
   */
  async lease(kind: MessageKind, limit: number, leaseS: number): Promise<LeasedMessage[]> {
    const { rows } = await (kind === 'mail'
      ? runNamed<Row>(this.source, LEASE_MAILS, [limit, seconds(leaseS)])
      : runNamed<Row>(this.source, LEASE_EVENTS, [limit, seconds(leaseS), false]));
    return rows.map(({ body, ...row }) => ({ ...row, ...openLeasedBody({ id: row.id, body }, this.sealer) }));
  }

  /**
   * Makes messages due again in `delayS` seconds, and does not count this lease as a try: another courier, or this one
   * with another key, can still deliver them. An event without a key that is older than `orderS` seconds no longer holds
   * back later events of its user.
   */
  async postpone(
    messages: readonly LeasedMessage[],
    { delayS, orderS }: { readonly delayS: number; readonly orderS: number },
  ): Promise<void> {
    const [ids, tries] = [messages.map(({ id }) => id), messages.map((message) => message.tries)];
    const errors = messages.map(({ missingKey }) => (missingKey === undefined ? null : redactedError(missingKey)));
    await runNamed(this.source, POSTPONE_MESSAGES, [ids, tries, errors, seconds(delayS), seconds(orderS)]);
  }

  /** Deletes delivered messages, and adds `event`, such as `email_sent`, to the outbox in the same statement. */
  async delete(messages: readonly LeasedMessage[], event?: OutboxMessage): Promise<void> {
    const [ids, tries] = [messages.map(({ id }) => id), messages.map((message) => message.tries)];
    await runNamed(this.source, DELETE_DELIVERED, [ids, tries, ...this.columns(event)]);
  }

  /**
   * Moves published events from the outbox to the kept events, and queues their deliveries to webhook endpoints in the same
   * statement.
   */
  async keep(events: readonly PublishedEvent[]): Promise<void> {
    const userOf = ({ user }: EventBody) => (user?.kind === 'saved' ? user.uuid : null);
    const bodies = events.map(({ body }) => body);
    await runNamed(this.source, KEEP_PUBLISHED, [
      events.map(({ message: { id } }) => id),
      events.map(({ message: { tries } }) => tries),
      bodies.map(userOf),
      bodies.map((body) => otherActorOf(body, userOf(body))),
      // An id that does not fit its column would make the statement fail, and hold up the other events for ever.
      bodies.map(({ plan }) => (PLAN_ID.safeParse(plan).success ? plan : null)),
      bodies.map(({ request_id: request = null }) => (REQUEST_ID.test(request ?? '') ? request : null)),
      events.flatMap(({ message: { id }, endpoints = [] }) => endpoints.map(() => id)),
      events.flatMap(({ endpoints = [] }) => endpoints),
    ]);
  }

  /**
   * Makes each message due again after a delay, and stores the error of this attempt. `delayS` returns the delay in
   * seconds for a number of tries.
   */
  async retryLater(
    messages: readonly LeasedMessage[],
    error: string,
    delayS: (tries: number) => number,
  ): Promise<void> {
    const [ids, tries] = [messages.map(({ id }) => id), messages.map((message) => message.tries)];
    const delays = tries.map((count) => seconds(delayS(count)));
    await runNamed(this.source, RETRY_LATER, [ids, tries, redactedError(error), delays]);
  }

  /**
   * Parks a message until an operator retries it (dead letter), and adds `event` to the outbox in the same statement.
   */
  async park({ id, tries }: LeasedMessage, error: string, event?: OutboxMessage): Promise<void> {
    await runNamed(this.source, PARK_MESSAGE, [id, tries, redactedError(error), ...this.columns(event)]);
  }

  /** Counts a mail to an address, and returns the number of mails in the current period. */
  async countMailTo(address: string, periodS: number): Promise<number> {
    const recipient = createHash('sha256').update(address.toLowerCase()).digest();
    const { rows } = await runNamed<{ count: number }>(this.source, COUNT_RECIPIENT, [recipient, seconds(periodS)]);
    return rows[0]!.count;
  }

  /** Stores the time of a user's last login. Returns false while another transaction changes the user. */
  async recordLogin(user: string, at: Date): Promise<boolean> {
    return (await runNamed<{ done: boolean }>(this.source, SET_LAST_LOGIN, [user, at])).rows[0]!.done;
  }

  async stats(): Promise<OutboxStats[]> {
    return (await runNamed<OutboxStats>(this.source, OUTBOX_STATS, [])).rows;
  }

  /**
   * Deletes kept events that were published more than `keptS` seconds ago, in batches of `rows` rows, each in a
   * transaction of its own.
   */
  async sweepKept(keptS: number, rows = KEPT_BATCH): Promise<void> {
    for (let deleted = rows; deleted === rows; )
      deleted = (await runNamed(this.source, SWEEP_KEPT, [seconds(keptS), rows])).rowCount;
  }

  /** Deletes messages that were parked more than `keepS` seconds ago, and counters of past periods. */
  async sweep(keepS: number, periodS: number): Promise<void> {
    await runNamed(this.source, SWEEP_PARKED, [seconds(keepS)]);
    await runNamed(this.source, SWEEP_COUNTS, [seconds(periodS)]);
  }

  private columns(event: OutboxMessage | undefined): unknown[] {
    return outboxParameters(event && outboxRow(event, this.sealer));
  }
}
