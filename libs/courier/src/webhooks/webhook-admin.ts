import type { DataSource } from 'typeorm';

/** A delivery to a webhook endpoint, as operators see it. */
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

/** Lists deliveries, the newest first. $1 true for parked, false for waiting deliveries, $2 largest number. */
const LIST = `
  SELECT d.id, d.endpoint, e.action, d.event_id AS "eventId", d.made_at AS "madeAt", d.due_at AS "dueAt", d.tries,
    d.parked_at AS "parkedAt", d.error
  FROM flow.webhook_deliveries d JOIN flow.audit_events e ON e.id = d.event_id
  WHERE d.parked_at IS NOT NULL = $1 ORDER BY d.id DESC LIMIT $2`;
/**
 * SQL condition that selects parked deliveries. $1 their ids, or null for all, $2 name of the endpoint, or null for
 * all.
 */
const CHOSEN = `parked_at IS NOT NULL AND ($1::bigint[] IS NULL OR id = ANY($1)) AND ($2::text IS NULL OR endpoint = $2)`;
const RETRY = `
  UPDATE flow.webhook_deliveries SET parked_at = NULL, tries = 0, made_at = now(), due_at = now(), error = NULL
  WHERE ${CHOSEN} RETURNING id`;
const REMOVE = `DELETE FROM flow.webhook_deliveries WHERE ${CHOSEN} RETURNING id`;

/** Selects parked deliveries: by ids or all, of one endpoint or of all endpoints. */
interface ParkedSelection {
  readonly ids: readonly string[] | 'all';
  readonly endpoint?: string | undefined;
}

/**
 * Lists deliveries to webhook endpoints for operators. Retries or deletes parked ones on their request. Leaves waiting
 * deliveries alone, because a courier may have leased them.
 */
export class WebhookAdmin {
  constructor(private readonly source: DataSource) {}

  /** Returns parked or waiting deliveries, the newest first. */
  list(parked: boolean, limit: number): Promise<WebhookDeliveryEntry[]> {
    return this.source.query<WebhookDeliveryEntry[]>(LIST, [parked, limit]);
  }

  /** Makes parked deliveries due again, with their tries counted from 0. Returns their number. */
  retry(selection: ParkedSelection): Promise<number> {
    return this.change(RETRY, selection);
  }

  /** Deletes parked deliveries, but not their events. Returns their number. */
  remove(selection: ParkedSelection): Promise<number> {
    return this.change(REMOVE, selection);
  }

  private async change(sql: string, { ids, endpoint }: ParkedSelection): Promise<number> {
    const values = [ids === 'all' ? null : ids, endpoint ?? null];
    const [rows] = await this.source.query<[unknown[], number]>(sql, values);
    return rows.length;
  }
}
