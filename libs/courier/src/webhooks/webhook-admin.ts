import type { DataSource } from 'typeorm';

/** A delivery of an event to a webhook endpoint, for operators. */
export interface WebhookDeliveryEntry {
  readonly id: string;
  readonly endpoint: string;
  readonly action: string;
  readonly eventId: string;
  readonly madeAt: Date;
  readonly dueAt: Date;
  readonly tries: number;
  readonly parkedAt: Date | null;
  readonly error: string | null;
}

/** Lists parked or waiting deliveries. $1 true for parked ones, $2 largest number. */
const LIST = `
  SELECT d.id, d.endpoint, e.action, d.event_id AS "eventId", d.made_at AS "madeAt", d.due_at AS "dueAt", d.tries,
    d.parked_at AS "parkedAt", d.error
  FROM flow.webhook_deliveries d JOIN flow.audit_events e ON e.id = d.event_id
  WHERE d.parked_at IS NOT NULL = $1 ORDER BY d.id DESC LIMIT $2`;
/** Selects parked deliveries. $1 their ids, or null for all, $2 endpoint, or null for all endpoints. */
const CHOSEN = `parked_at IS NOT NULL AND ($1::bigint[] IS NULL OR id = ANY($1)) AND ($2::text IS NULL OR endpoint = $2)`;
const RETRY = `
  UPDATE flow.webhook_deliveries SET parked_at = NULL, tries = 0, made_at = now(), due_at = now(), error = NULL
  WHERE ${CHOSEN} RETURNING id`;
const REMOVE = `DELETE FROM flow.webhook_deliveries WHERE ${CHOSEN} RETURNING id`;

/** Parked deliveries: those with the ids, or all, of one endpoint or of all. */
interface ParkedSelection {
  readonly ids: readonly string[] | 'all';
  readonly endpoint?: string | undefined;
}

/**
 * Lists deliveries to webhook endpoints, and retries or removes parked ones. Never changes a waiting delivery, because a
 * courier may have leased it.
 */
export class WebhookAdmin {
  constructor(private readonly source: DataSource) {}

  /** Returns the newest parked or waiting deliveries. */
  list(parked: boolean, limit: number): Promise<WebhookDeliveryEntry[]> {
    return this.source.query<WebhookDeliveryEntry[]>(LIST, [parked, limit]);
  }

  /** Makes parked deliveries due again, with all their tries, and returns their number. */
  retry(selection: ParkedSelection): Promise<number> {
    return this.change(RETRY, selection);
  }

  /** Deletes parked deliveries, and returns their number. The events stay. */
  remove(selection: ParkedSelection): Promise<number> {
    return this.change(REMOVE, selection);
  }

  private async change(sql: string, { ids, endpoint }: ParkedSelection): Promise<number> {
    const values = [ids === 'all' ? null : ids, endpoint ?? null];
    const [rows] = await this.source.query<[unknown[], number]>(sql, values);
    return rows.length;
  }
}
