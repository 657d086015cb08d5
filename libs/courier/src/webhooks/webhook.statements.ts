import type { NamedStatement } from '@gatehouse/platform';

/**
 * Leases due deliveries of an endpoint, with their events, in the order of their ids. $1 endpoint, $2 largest number,
 * $3 length of the lease (interval). Of each user, only the first delivery that is not parked is leased, so that the
 * endpoint gets the user's events one after the other, in order. The statement increases the number of tries, which
 * identifies the lease.
 */
export const LEASE_DELIVERIES: NamedStatement = {
  name: 'webhook_take',
  text: `
    WITH due AS MATERIALIZED (
      SELECT d.id FROM flow.webhook_deliveries d
      WHERE d.endpoint = $1 AND d.parked_at IS NULL AND d.due_at <= now() AND (d.user_id IS NULL OR NOT EXISTS (
        SELECT FROM flow.webhook_deliveries earlier
        WHERE earlier.endpoint = d.endpoint AND earlier.user_id = d.user_id AND earlier.parked_at IS NULL
          AND earlier.id < d.id))
      ORDER BY d.id LIMIT $2 FOR UPDATE OF d SKIP LOCKED),
    leased AS (
      UPDATE flow.webhook_deliveries d SET due_at = now() + $3::interval, tries = d.tries + 1
      WHERE d.id = ANY (ARRAY(SELECT id FROM due)) RETURNING d.*)
    SELECT leased.id, leased.endpoint, leased.event_id AS "eventId", leased.tries, event.at AS "madeAt", event.body,
      extract(epoch FROM now() - leased.made_at)::float8 AS "ageS"
    FROM leased JOIN flow.audit_events event ON event.id = leased.event_id ORDER BY leased.id`,
};

const HELD = 'id = $1 AND tries = $2 AND parked_at IS NULL';

/** Deletes an accepted delivery. $1 id, $2 tries of its lease. */
export const DELETE_ACCEPTED: NamedStatement = {
  name: 'webhook_done',
  text: `DELETE FROM flow.webhook_deliveries WHERE ${HELD}`,
};

/**
 * Makes a delivery due again. $1 id, $2 tries of its lease, $3 error, $4 delay (interval), $5 number of tries to
 * subtract, because they do not count.
 */
export const RETRY_DELIVERY: NamedStatement = {
  name: 'webhook_later',
  text: `UPDATE flow.webhook_deliveries SET due_at = now() + $4::interval, error = $3, tries = tries - $5::int
    WHERE ${HELD}`,
};

/** Parks a delivery. $1 id, $2 tries of its lease, $3 error. */
export const PARK_DELIVERY: NamedStatement = {
  name: 'webhook_park',
  text: `UPDATE flow.webhook_deliveries SET parked_at = now(), error = $3 WHERE ${HELD}`,
};

/**
 * Parks a batch of deliveries that are too old, such as those of an endpoint whose circuit is open or that was removed.
 * $1 largest age (interval), $2 size of the batch. Deliveries that are leased or wait for a retry are not parked.
 */
export const PARK_OLD: NamedStatement = {
  name: 'webhook_park_old',
  text: `
    UPDATE flow.webhook_deliveries SET parked_at = now(), error = coalesce(error, 'it was never tried')
    WHERE id = ANY (ARRAY(
      SELECT id FROM flow.webhook_deliveries
      WHERE parked_at IS NULL AND due_at <= now() AND made_at < now() - $1::interval
      ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED))`,
};

/**
 * Deletes a batch of deliveries that were parked too long ago. $1 how long they are kept (interval), $2 size of the
 * batch.
 */
export const SWEEP_PARKED_DELIVERIES: NamedStatement = {
  name: 'webhook_sweep',
  text: `
    DELETE FROM flow.webhook_deliveries WHERE id = ANY (ARRAY(
      SELECT id FROM flow.webhook_deliveries WHERE parked_at < now() - $1::interval
      ORDER BY parked_at LIMIT $2 FOR UPDATE SKIP LOCKED))`,
};

/**
 * For each endpoint, returns the numbers of waiting and of parked deliveries, and the age of the oldest waiting
 * delivery in seconds.
 */
export const DELIVERY_STATS: NamedStatement = {
  name: 'webhook_standing',
  text: `
    SELECT endpoint, count(*) FILTER (WHERE parked_at IS NULL)::int AS waiting, count(parked_at)::int AS parked,
      coalesce(extract(epoch FROM now() - min(made_at) FILTER (WHERE parked_at IS NULL)), 0)::float8 AS "oldestS"
    FROM flow.webhook_deliveries GROUP BY endpoint`,
};
