import type { AuditEvent, CommandName, SavedUser } from '@gatehouse/contracts';
import type { Sealer } from '@gatehouse/platform';
import { eventMessage } from './message.js';
import { INSERT_OUTBOX_ROWS, outboxColumns, outboxRow } from './outbox-row.js';

/** An audit event of a command. */
export type CommandEvent = AuditEvent & {
  /** The saved user whom the event is about. */
  readonly user?: SavedUser | undefined;
  /** Slug of the flow, and id of the plan, that the command has prepared. */
  readonly flow?: string;
  readonly plan?: string;
};

/** Runs statements in the transaction of a change: the EntityManager of TypeORM, or a client of `pg`. */
interface Transaction {
  query(sql: string, values: unknown[]): Promise<unknown>;
}

/** Writes the audit events of one run of a command to the outbox, with the actor `system`. */
export class CommandEventRecorder {
  #hasUnrecorded = false;

  /** `sealer` seals with SEAL_KEYS of the gateway. Without it, no event can be written. */
  constructor(
    private readonly command: CommandName,
    private readonly sealer: Sealer | undefined,
  ) {}

  /** Whether an event was not written, because there is no sealer. */
  get hasUnrecorded(): boolean {
    return this.#hasUnrecorded;
  }

  /** Writes events in the transaction of the change that they describe, so that a change is only saved with its events. */
  async record(transaction: Transaction, ...events: readonly CommandEvent[]): Promise<void> {
    if (events.length === 0) return;
    if (!this.sealer) {
      this.#hasUnrecorded = true;
      return;
    }
    const sealer = this.sealer;
    const rows = events.map((event) => outboxRow(eventMessage(event, this.factsOf(event)), sealer));
    const { ids, topics, bodies, users } = outboxColumns(rows);
    await transaction.query(INSERT_OUTBOX_ROWS, [ids, topics, bodies, users]);
  }

  private factsOf({ user, flow, plan }: CommandEvent) {
    return {
      ...{ user, flow, plan, actor: { type: 'system', command: this.command } as const },
      ...{ clientIp: '', userAgent: undefined, location: undefined, requestId: undefined },
    };
  }
}
