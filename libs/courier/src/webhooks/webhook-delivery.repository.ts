import { runNamed, type Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { openLeasedBody, redactedError } from '../outbox.repository.js';
import {
  DELETE_ACCEPTED,
  DELIVERY_STATS,
  LEASE_DELIVERIES,
  PARK_DELIVERY,
  PARK_OLD,
  RETRY_DELIVERY,
  SWEEP_PARKED_DELIVERIES,
} from './webhook.statements.js';

/** A delivery with a lease of this courier, and its event. */
export interface LeasedDelivery {
  readonly id: string;
  readonly endpoint: string;
  readonly eventId: string;
  /** How often any courier has leased the delivery. Identifies this lease. */
  readonly tries: number;
  /** Time of the event. */
  readonly madeAt: Date;
  /** Seconds since the delivery was queued, by the clock of Postgres. */
  readonly ageS: number;
  /** The opened body of the event. Undefined if no seal key opens it. */
  readonly body: unknown;
  /** Error message that names the key which this courier lacks to open the body. */
  readonly missingKey?: string;
}

/** Numbers of deliveries to one endpoint. */
export interface DeliveryStats {
  readonly endpoint: string;
  readonly waiting: number;
  readonly parked: number;
  /** Age of the oldest waiting delivery in seconds. */
  readonly oldestS: number;
}

type Row = Omit<LeasedDelivery, 'body' | 'missingKey'> & { readonly body: Buffer };

/** Number of deliveries that one statement of the sweep changes. */
const SWEEP_BATCH = 1000;

const seconds = (count: number) => `${count} seconds`;

/**
 * Leases deliveries of events to webhook endpoints. They are queued by `OutboxRepository.keep`. A change after the end of
 * the lease has no effect if another courier has leased the delivery.
 */
export class WebhookDeliveryRepository {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Leases up to `limit` due deliveries of an endpoint for `leaseS` seconds: of each user the first one only, so that the
   * events of a user are delivered in order.
   */
  async lease(endpoint: string, limit: number, leaseS: number): Promise<LeasedDelivery[]> {
    const { rows } = await runNamed<Row>(this.source, LEASE_DELIVERIES, [endpoint, limit, seconds(leaseS)]);
    return rows.map(({ body, ...row }) => ({ ...row, ...openLeasedBody({ id: row.eventId, body }, this.sealer) }));
  }

  /** Deletes an accepted delivery. */
  async delete({ id, tries }: LeasedDelivery): Promise<void> {
    await runNamed(this.source, DELETE_ACCEPTED, [id, tries]);
  }

  /** Makes a delivery due again in `delayS` seconds. */
  async retryLater({ id, tries }: LeasedDelivery, error: string, delayS: number): Promise<void> {
    await runNamed(this.source, RETRY_DELIVERY, [id, tries, redactedError(error), seconds(delayS), 0]);
  }

  /** Makes a delivery due again in `delayS` seconds, and does not count this lease as a try. */
  async postpone({ id, tries }: LeasedDelivery, error: string, delayS: number): Promise<void> {
    await runNamed(this.source, RETRY_DELIVERY, [id, tries, redactedError(error), seconds(delayS), 1]);
  }

  /** Parks a delivery until an operator retries it (dead letter). */
  async park({ id, tries }: LeasedDelivery, error: string): Promise<void> {
    await runNamed(this.source, PARK_DELIVERY, [id, tries, redactedError(error)]);
  }

  async stats(): Promise<DeliveryStats[]> {
    return (await runNamed<DeliveryStats>(this.source, DELIVERY_STATS, [])).rows;
  }

  /**
   * Parks deliveries that were queued more than `maxAgeS` seconds ago, and deletes those that were parked more than
   * `keepS` seconds ago, in batches.
   */
  async sweep(maxAgeS: number, keepS: number, rows = SWEEP_BATCH): Promise<void> {
    for (let parked = rows; parked === rows; )
      parked = (await runNamed(this.source, PARK_OLD, [seconds(maxAgeS), rows])).rowCount;
    for (let deleted = rows; deleted === rows; )
      deleted = (await runNamed(this.source, SWEEP_PARKED_DELIVERIES, [seconds(keepS), rows])).rowCount;
  }
}
