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

/** A delivery that this courier has leased, and its event. */
export interface LeasedDelivery {
  readonly id: string;
  readonly endpoint: string;
  readonly eventId: string;
  /**
   * How often couriers have leased the delivery. Identifies the lease: if it has changed in the table, another courier
   * has the delivery.
   */
  readonly tries: number;
  /** When the event happened. */
  readonly madeAt: Date;
  /** Seconds since the delivery was queued, by the clock of the database. */
  readonly ageS: number;
  /** The decrypted body of the event. Undefined if it cannot be decrypted. */
  readonly body: unknown;
  /** Error message with the id of the seal key, if this courier lacks the key. */
  readonly missingKey?: string;
}

/** Numbers of waiting and of parked deliveries to one endpoint. */
export interface DeliveryStats {
  readonly endpoint: string;
  readonly waiting: number;
  readonly parked: number;
  /** Age of the oldest waiting delivery, in seconds. */
  readonly oldestS: number;
}

type Row = Omit<LeasedDelivery, 'body' | 'missingKey'> & { readonly body: Buffer };

/** Number of deliveries that one statement of `sweep` parks or deletes. */
const SWEEP_BATCH = 1000;

const seconds = (count: number) => `${count} seconds`;

/**
 * Leases deliveries to webhook endpoints, which `OutboxRepository.keep` has queued. If a lease has ended and another
 * courier has the delivery, changes by the first courier have no effect.
 */
export class WebhookDeliveryRepository {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Leases up to `limit` due deliveries of an endpoint for `leaseS` seconds. Leases only the first delivery of each
   * user, so that the endpoint gets the user's events in order.
   */
  async lease(endpoint: string, limit: number, leaseS: number): Promise<LeasedDelivery[]> {
    const { rows } = await runNamed<Row>(this.source, LEASE_DELIVERIES, [endpoint, limit, seconds(leaseS)]);
    return rows.map(({ body, ...row }) => ({ ...row, ...openLeasedBody({ id: row.eventId, body }, this.sealer) }));
  }

  /** Deletes a delivery that the endpoint has accepted. */
  async delete({ id, tries }: LeasedDelivery): Promise<void> {
    await runNamed(this.source, DELETE_ACCEPTED, [id, tries]);
  }

  /** Makes a delivery due again in `delayS` seconds. */
  async retryLater({ id, tries }: LeasedDelivery, error: string, delayS: number): Promise<void> {
    await runNamed(this.source, RETRY_DELIVERY, [id, tries, redactedError(error), seconds(delayS), 0]);
  }

  /** Makes a delivery due again in `delayS` seconds, without counting this lease as a try. */
  async postpone({ id, tries }: LeasedDelivery, error: string, delayS: number): Promise<void> {
    await runNamed(this.source, RETRY_DELIVERY, [id, tries, redactedError(error), seconds(delayS), 1]);
  }

  /** Parks a delivery, so that it is not tried again until an operator retries it (dead letter). */
  async park({ id, tries }: LeasedDelivery, error: string): Promise<void> {
    await runNamed(this.source, PARK_DELIVERY, [id, tries, redactedError(error)]);
  }

  async stats(): Promise<DeliveryStats[]> {
    return (await runNamed<DeliveryStats>(this.source, DELIVERY_STATS, [])).rows;
  }

  /**
   * Parks deliveries that were queued more than `maxAgeS` seconds ago. Deletes deliveries that were parked more than
   * `keepS` seconds ago. Does both in batches of `rows` rows.
   */
  async sweep(maxAgeS: number, keepS: number, rows = SWEEP_BATCH): Promise<void> {
    for (let parked = rows; parked === rows; )
      parked = (await runNamed(this.source, PARK_OLD, [seconds(maxAgeS), rows])).rowCount;
    for (let deleted = rows; deleted === rows; )
      deleted = (await runNamed(this.source, SWEEP_PARKED_DELIVERIES, [seconds(keepS), rows])).rowCount;
  }
}
