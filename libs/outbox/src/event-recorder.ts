import type { AuditEvent, SavedUser } from '@gatehouse/contracts';
import type { Sealer } from '@gatehouse/platform';
import { type EventFacts, eventMessage, mailMessage } from './message.js';
import { INSERT_OUTBOX_ROWS, type OutboxRow, outboxColumns, outboxRow } from './outbox-row.js';

/** An audit event of a command, or of an HTTP request that changes flows. */
export type CommandEvent = AuditEvent & {
  /** The saved user whom the event is about; `undefined` for an event about no user. */
  readonly user?: SavedUser | undefined;
  /** Slug of the flow, if the command has created a plan. `plan` is then the id of the plan. */
  readonly flow?: string;
  readonly plan?: string;
};

/** Runs statements within the transaction of a change: TypeORM's EntityManager, or a client of `pg`. */
export interface Transaction {
  query(sql: string, values: unknown[]): Promise<unknown>;
}

/**
 * Writes audit events in the transaction of the change that they describe, so that the change cannot be saved without
 * them.
 */
export interface EventRecorder {
  record(transaction: Transaction, ...events: readonly CommandEvent[]): Promise<void>;
}

/** A mail, with the saved user, the flow and the plan that it is about. */
export interface RequestedMail {
  readonly mail: Parameters<typeof mailMessage>[0];
  readonly user: SavedUser;
  readonly flow: string;
  readonly plan: string;
}

/**
 * Adds mails to the outbox in the transaction of the change that they announce, so that neither can be saved without
 * the other.
 */
export interface MailRecorder {
  recordMail(transaction: Transaction, mail: RequestedMail): Promise<void>;
}

/** Who has requested a change, and with which HTTP request. */
type RequestFacts = Omit<EventFacts, 'user' | 'flow' | 'plan'>;

/** Writes events with these facts to the outbox. */
export async function recordEvents(
  transaction: Transaction,
  events: readonly CommandEvent[],
  { facts, sealer }: { readonly facts: RequestFacts; readonly sealer: Sealer },
): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event) => {
    const { user, flow, plan } = event;
    return outboxRow(eventMessage(event, { ...facts, user, flow, plan }), sealer);
  });
  await insertRows(transaction, rows);
}

async function insertRows(transaction: Transaction, rows: readonly OutboxRow[]): Promise<void> {
  const { ids, topics, bodies, users } = outboxColumns(rows);
  await transaction.query(INSERT_OUTBOX_ROWS, [ids, topics, bodies, users]);
}

/**
 * Writes the audit events and the mails of a change that an HTTP request has made. Their actor is the caller of the
 * request.
 */
export class RequestEventRecorder implements EventRecorder, MailRecorder {
  constructor(
    private readonly facts: RequestFacts,
    private readonly sealer: Sealer,
  ) {}

  record(transaction: Transaction, ...events: readonly CommandEvent[]): Promise<void> {
    return recordEvents(transaction, events, { facts: this.facts, sealer: this.sealer });
  }

  recordMail(transaction: Transaction, { mail, ...about }: RequestedMail): Promise<void> {
    return insertRows(transaction, [outboxRow(mailMessage(mail, { ...this.facts, ...about }), this.sealer)]);
  }
}
