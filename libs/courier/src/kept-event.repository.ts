import { type EventBody, eventBody, openOutboxRow } from '@gatehouse/outbox';
import { type Sealer, UnsealError } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

/** A kept event with its decrypted body. */
export interface StoredEvent {
  readonly id: string;
  /** When the event happened. */
  readonly madeAt: Date;
  readonly body: EventBody;
}

/** A kept event of a plan or of a request. Either `body` or `problem` is set. */
export interface FoundEvent {
  readonly id: string;
  /** When the event happened. */
  readonly madeAt: Date;
  readonly action: string;
  /** Id of the plan; `undefined` outside of flows. */
  readonly plan: string | undefined;
  readonly body: EventBody | undefined;
  /** Why the event cannot be decrypted. */
  readonly problem: string | undefined;
}

/** Selects kept events: those for which all given members are true. */
export interface KeptEventFilter {
  /** Only events that happened at this time or later. */
  readonly since?: Date | undefined;
  /** Only events that happened before this time. */
  readonly until?: Date | undefined;
  readonly action?: string | undefined;
  /** Only events that are about the user with this uuid, or were caused by that user. */
  readonly user?: string | undefined;
  /** Only events that were published after the event with this id, which is the last one of an earlier export. */
  readonly after?: string | undefined;
}

/** Thrown if the event after which an export should continue (`after`) is not kept any more. */
export class UnknownEventError extends Error {}

/** Number of events that are read by one statement, and held in memory. */
const PAGE = 500;
/** Longest time for which a reader waits for the transactions of couriers. */
const LOCK_TIMEOUT = '10s';
/**
 * Returns a position before which no event since $1 is stored. An event is stored after it happened; ten minutes allow
 * for clock skew. Concurrent transactions can store events with positions in any order, so the statement takes the
 * smallest position of a whole minute: no transaction of a courier lasts longer.
 */
const FIRST_POSITION = `
  WITH first AS (SELECT min(kept_at) AS kept_at FROM flow.audit_events WHERE kept_at >= $1::timestamptz - interval '10 minutes')
  SELECT min(position) AS position FROM flow.audit_events AS event, first
  WHERE event.kept_at BETWEEN first.kept_at AND first.kept_at + interval '1 minute'`;

interface Row {
  readonly id: string;
  readonly position: string;
  readonly at: Date;
  readonly body: Buffer;
}

type FoundRow = Row & { readonly action: string; readonly plan_id: string | null };

/** Reads the events that the courier has published and kept (docs/spec/events.md#kept-events). */
export class KeptEventRepository {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Yields kept events in the order in which they were published, up to the last one at the time of the call. Reads
   * them page by page. Throws UnknownEventError, and UnsealError for an event that cannot be decrypted.
   */
  async *read(filter: KeptEventFilter): AsyncGenerator<StoredEvent> {
    const last = await this.lastPosition();
    let position = await this.startOf(filter);
    const { sql, values } = conditionsOf(filter);
    while (position !== undefined) {
      const rows = await this.source.query<Row[]>(
        `SELECT id, position, at, body FROM flow.audit_events
         WHERE position > $1 AND position <= $2 ${sql} ORDER BY position LIMIT ${PAGE}`,
        [position, last, ...values],
      );
      // Yield one event after the other: an error in opening an event must not lose the events before it.
      for (const row of rows) yield this.open(row);
      position = rows.length < PAGE ? undefined : rows.at(-1)!.position;
    }
  }

  /** Returns the events of a plan, or of a request, in the order in which they were published. */
  async find(column: 'plan_id' | 'request_id', value: string): Promise<FoundEvent[]> {
    const rows = await this.source.query<FoundRow[]>(
      `SELECT id, position, at, action, plan_id, body FROM flow.audit_events WHERE ${column} = $1 ORDER BY position`,
      [value],
    );
    return rows.map((row) => {
      const { id, at: madeAt, action, plan_id: plan } = row;
      return { ...{ id, madeAt, action, plan: plan ?? undefined }, ...this.tryOpen(row) };
    });
  }

  /**
   * Returns the last position that a reader may read. A courier that has drawn a smaller position may commit after one
   * that has drawn a larger position, and the reader would miss the event with the smaller one. The lock waits for such
   * commits.
   */
  private lastPosition(): Promise<string> {
    return this.source.transaction(async (manager) => {
      await manager.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      await manager.query('LOCK TABLE flow.audit_events IN SHARE MODE');
      const [row] = await manager.query<{ last: string }[]>(
        'SELECT coalesce(max(position), 0) AS last FROM flow.audit_events',
      );
      return row!.last;
    });
  }

  /** Returns the position after which reading starts; `undefined` if there is nothing to read. */
  private async startOf({ after, since }: KeptEventFilter): Promise<string | undefined> {
    if (after !== undefined) {
      const [row] = await this.source.query<Row[]>('SELECT position FROM flow.audit_events WHERE id = $1', [after]);
      if (row) return row.position;
      throw new UnknownEventError(`there is no event with the id ${after}: it was never published, or it was deleted`);
    }
    if (since === undefined) return '0';
    const [row] = await this.source.query<{ position: string | null }[]>(FIRST_POSITION, [since]);
    return row?.position ? String(BigInt(row.position) - 1n) : undefined;
  }

  private tryOpen(row: Row): Pick<FoundEvent, 'body' | 'problem'> {
    try {
      return { body: this.open(row).body, problem: undefined };
    } catch (error) {
      if (error instanceof UnsealError) return { body: undefined, problem: error.message };
      throw error;
    }
  }

  private open({ id, at: madeAt, body }: Row): StoredEvent {
    return { id, madeAt, body: eventBody.parse(openOutboxRow({ id, body }, this.sealer)) };
  }
}

/** Returns the SQL conditions of a filter. Their parameters are numbered from $3. */
function conditionsOf({ since, until, action, user }: KeptEventFilter): { sql: string; values: unknown[] } {
  const conditions: [string, unknown][] = [
    ['at >= ?', since],
    ['at < ?', until],
    ['action = ?', action],
    ['(user_id = ? OR actor_id = ?)', user],
  ];
  const used = conditions.filter(([, value]) => value !== undefined);
  return {
    sql: used.map(([sql], index) => `AND ${sql.replaceAll('?', `$${index + 3}`)}`).join(' '),
    values: used.map(([, value]) => value),
  };
}
