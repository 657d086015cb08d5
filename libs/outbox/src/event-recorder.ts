import type { AuditEvent, SavedUser } from '@gatehouse/contracts';
import type { Sealer } from '@gatehouse/platform';
import { type EventFacts, eventMessage } from './message.js';
import { INSERT_OUTBOX_ROWS, outboxColumns, outboxRow } from './outbox-row.js';

/** An audit event of a command, or of a change of flows over HTTP. */
export type CommandEvent = AuditEvent & {
  /** The saved user whom the event is about. */
  readonly user?: SavedUser | undefined;
  /** Slug of the flow, and id of the plan, that the command has prepared. */
  readonly flow?: string;
  readonly plan?: string;
};

/** Runs statements in the transaction of a change: the EntityManager of TypeORM, or a client of `pg`. */
export interface Transaction {
  query(sql: string, values: unknown[]): Promise<unknown>;
}

/** Writes audit events in the transaction of the change that they describe, so that a change is only saved with its events. */
export interface EventRecorder {
  record(transaction: Transaction, ...events: readonly CommandEvent[]): Promise<void>;
}

/** Who has requested a change, and by which HTTP request. */
type RequestFacts = Omit<EventFacts, 'user' | 'flow' | 'plan'>;

/** Writes events to the outbox with these facts. */
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
  const { ids, topics, bodies, users } = outboxColumns(rows);
  await transaction.query(INSERT_OUTBOX_ROWS, [ids, topics, bodies, users]);
}
/** Writes the audit events of a change that an HTTP request has caused, with the actor of this request. */
export class RequestEventRecorder implements EventRecorder {
  constructor(
    private readonly facts: RequestFacts,
    private readonly sealer: Sealer,
  ) {}

  record(transaction: Transaction, ...events: readonly CommandEvent[]): Promise<void> {
    return recordEvents(transaction, events, { facts: this.facts, sealer: this.sealer });
  }
}
