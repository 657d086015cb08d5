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

/** The two kinds of messages. Each kind has its own polling loop, so that neither waits for the other. */
export type MessageKind = 'mail' | 'event';

/**
 * A message that this courier has leased. `tries` is how often couriers have leased the message, except for postponed
 * leases. It identifies the lease: if it has changed in the table, another courier has the message.
 */
export interface LeasedMessage {
  readonly id: string;
  readonly topic: string;
  readonly tries: number;
  /** uuid of the saved user whom an event is about. The events of one user are published in order. */
  readonly user: string | null;
  readonly madeAt: Date;
  /** Seconds since `madeAt`, by the clock of the database. */
  readonly ageS: number;
  /** The decrypted body. Undefined if it cannot be decrypted. */
  readonly body: unknown;
  /** Error message with the id of the seal key, if this courier lacks the key. */
  readonly missingKey?: string;
}

/** Numbers of waiting and of parked messages of one kind. */
export interface OutboxStats {
  readonly sort: MessageKind;
  readonly waiting: number;
  readonly parked: number;
  /** Age of the oldest waiting message, in seconds. */
  readonly oldestS: number;
}

type Row = Omit<LeasedMessage, 'body' | 'missingKey'> & { readonly body: Buffer };

/** A published event with its decrypted body. */
export interface PublishedEvent {
  readonly message: LeasedMessage;
  readonly body: EventBody;
  /** Names of the webhook endpoints to which the event is delivered. Default: none. */
  readonly endpoints?: readonly string[];
}

/** Returns the uuid of the user who caused an event; null if that is the user whom the event is about, or nobody. */
function otherActorOf({ actor }: EventBody, user: string | null): string | null {
  const uuid = actor && 'uuid' in actor ? actor.uuid : null;
  return uuid === user ? null : uuid;
}

const PLAN_ID = z.uuid();
const REQUEST_ID = /^[0-9a-f]{32}$/;

/** Number of kept events (docs/spec/events.md#kept-events) that one statement deletes. */
const KEPT_BATCH = 1000;

const seconds = (count: number) => `${count} seconds`;

/** Largest length of a stored error, in characters. */
const MAX_ERROR_LENGTH = 500;
/** Matches the secret in a mailed link. A mail server may quote it in an error message. */
const LINK_SECRET = /flow_token=[\w-]*/g;

/** Returns an error in the form in which it is stored: on one line, shortened, and without secrets of mailed links. */
export const redactedError = (error: string) =>
  error
    .replaceAll(LINK_SECRET, 'flow_token=…')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_ERROR_LENGTH);

/** Returns the decrypted body of a leased message, or the error that names the missing seal key. */
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
 * Leases messages of the outbox to couriers. During a lease, no other courier gets the message. If a lease has ended
 * and another courier has the message, changes by the first courier have no effect.
 */
export class OutboxRepository {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Leases up to `limit` due messages for `leaseS` seconds. Events are returned in the order in which they must be
   * published. An event is leased only together with all undelivered earlier events of its user.
   */
  async lease(kind: MessageKind, limit: number, leaseS: number): Promise<LeasedMessage[]> {
    const { rows } = await (kind === 'mail'
      ? runNamed<Row>(this.source, LEASE_MAILS, [limit, seconds(leaseS)])
      : runNamed<Row>(this.source, LEASE_EVENTS, [limit, seconds(leaseS), false]));
    return rows.map(({ body, ...row }) => ({ ...row, ...openLeasedBody({ id: row.id, body }, this.sealer) }));
  }

  /**
   * Makes messages due again in `delayS` seconds. This lease does not count as a try, because another courier may have
   * the seal key that this one lacks. If an event waits for a key longer than `orderS` seconds, later events of its
   * user no longer wait for it.
   */
  async postpone(
    messages: readonly LeasedMessage[],
    { delayS, orderS }: { readonly delayS: number; readonly orderS: number },
  ): Promise<void> {
    const [ids, tries] = [messages.map(({ id }) => id), messages.map((message) => message.tries)];
    const errors = messages.map(({ missingKey }) => (missingKey === undefined ? null : redactedError(missingKey)));
    await runNamed(this.source, POSTPONE_MESSAGES, [ids, tries, errors, seconds(delayS), seconds(orderS)]);
  }

  /** Deletes delivered messages. The same statement adds `event`, such as `email_sent`, to the outbox. */
  async delete(messages: readonly LeasedMessage[], event?: OutboxMessage): Promise<void> {
    const [ids, tries] = [messages.map(({ id }) => id), messages.map((message) => message.tries)];
    await runNamed(this.source, DELETE_DELIVERED, [ids, tries, ...this.columns(event)]);
  }

  /**
   * Moves published events from the outbox to the kept events. The same statement queues their deliveries to webhook
   * endpoints.
   */
  async keep(events: readonly PublishedEvent[]): Promise<void> {
    const userOf = ({ user }: EventBody) => (user?.kind === 'saved' ? user.uuid : null);
    const bodies = events.map(({ body }) => body);
    await runNamed(this.source, KEEP_PUBLISHED, [
      events.map(({ message: { id } }) => id),
      events.map(({ message: { tries } }) => tries),
      bodies.map(userOf),
      bodies.map((body) => otherActorOf(body, userOf(body))),
      // An id that does not fit its column would make the statement fail at each attempt, and so block all other
      // events.
      bodies.map(({ plan }) => (PLAN_ID.safeParse(plan).success ? plan : null)),
      bodies.map(({ request_id: request = null }) => (REQUEST_ID.test(request ?? '') ? request : null)),
      events.flatMap(({ message: { id }, endpoints = [] }) => endpoints.map(() => id)),
      events.flatMap(({ endpoints = [] }) => endpoints),
    ]);
  }

  /**
   * Makes each message due again after a delay, and stores the error of the attempt. `delayS` returns the delay in
   * seconds after this number of tries.
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
   * Parks a message, so that it is not tried again until an operator retries it (dead letter). The same statement adds
   * `event` to the outbox.
   */
  async park({ id, tries }: LeasedMessage, error: string, event?: OutboxMessage): Promise<void> {
    await runNamed(this.source, PARK_MESSAGE, [id, tries, redactedError(error), ...this.columns(event)]);
  }

  /** Counts a mail to an address. Returns the number of mails to that address in the current period. */
  async countMailTo(address: string, periodS: number): Promise<number> {
    const recipient = createHash('sha256').update(address.toLowerCase()).digest();
    const { rows } = await runNamed<{ count: number }>(this.source, COUNT_RECIPIENT, [recipient, seconds(periodS)]);
    return rows[0]!.count;
  }

  /** Stores when a user last logged in. Returns false if another transaction is changing the user. */
  async recordLogin(user: string, at: Date): Promise<boolean> {
    return (await runNamed<{ done: boolean }>(this.source, SET_LAST_LOGIN, [user, at])).rows[0]!.done;
  }

  async stats(): Promise<OutboxStats[]> {
    return (await runNamed<OutboxStats>(this.source, OUTBOX_STATS, [])).rows;
  }

  /**
   * Deletes events that were kept more than `keptS` seconds ago, in batches of `rows` rows, each in its own
   * transaction.
   */
  async sweepKept(keptS: number, rows = KEPT_BATCH): Promise<void> {
    for (let deleted = rows; deleted === rows; )
      deleted = (await runNamed(this.source, SWEEP_KEPT, [seconds(keptS), rows])).rowCount;
  }

  /** Deletes messages that were parked more than `keepS` seconds ago, and the mail counts of earlier periods. */
  async sweep(keepS: number, periodS: number): Promise<void> {
    await runNamed(this.source, SWEEP_PARKED, [seconds(keepS)]);
    await runNamed(this.source, SWEEP_COUNTS, [seconds(periodS)]);
  }

  private columns(event: OutboxMessage | undefined): unknown[] {
    return outboxParameters(event && outboxRow(event, this.sealer));
  }
}
