import { insertOutboxRow } from '@gatehouse/outbox';
import type { NamedStatement } from '@gatehouse/platform';

const LEASED_COLUMNS = `o.id, o.topic, o.body, o.tries, o.user_id AS "user", o.made_at AS "madeAt",
        extract(epoch FROM now() - o.made_at)::float8 AS "ageS"`;
const TAKE = 'UPDATE flow.outbox o SET due_at = now() + $2::interval, tries = o.tries + 1';

/**
 * Leases due mails. $1 largest number of mails, $2 length of the lease (interval). `due` locks due mails that no
 * concurrent statement has locked. The UPDATE moves `due_at` to the end of the lease and increases the number of tries,
 * which identifies the lease. The array makes Postgres look up each row by its id, although a generic plan does not
 * know the number of rows ($1).
 */
export const LEASE_MAILS: NamedStatement = {
  name: 'outbox_take_mails',
  text: `
    WITH due AS (
      SELECT id FROM flow.outbox WHERE topic = 'mail' AND parked_at IS NULL AND due_at <= now()
      ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
    ${TAKE} WHERE o.id = ANY (ARRAY(SELECT id FROM due)) RETURNING ${LEASED_COLUMNS}`,
};

/**
 * Leases due events, in the order of `seq`. $1 and $2 as in LEASE_MAILS. $3 is `false`. The condition with it equals
 * `topic <> 'mail'`, and is written so that Postgres uses the index `outbox_due_by_kind`. An event is leased only
 * together with all earlier events of its user (docs/adr/0072):
 *
 * - `due` leaves out users with an event that is not due, because it is leased or waits for a retry.
 * - `gaps` has, for each user in `due`, the first event that is missing there because a concurrent statement has locked
 *   it. This event and all later events of its user are not leased.
 */
export const LEASE_EVENTS: NamedStatement = {
  name: 'outbox_take_events',
  text: `
    WITH due AS MATERIALIZED (
      SELECT o.id, o.user_id, o.seq FROM flow.outbox o
      WHERE o.topic <> 'mail' AND o.parked_at IS NULL AND o.due_at <= now() AND (o.user_id IS NULL OR o.user_id NOT IN (
        SELECT w.user_id FROM flow.outbox w
        WHERE (w.topic = 'mail') = $3 AND w.parked_at IS NULL AND w.due_at > now() AND w.user_id IS NOT NULL))
      ORDER BY o.seq LIMIT $1 FOR UPDATE OF o SKIP LOCKED),
    gaps AS (
      SELECT e.user_id, min(e.seq) AS seq FROM flow.outbox e
      WHERE e.topic <> 'mail' AND e.parked_at IS NULL AND e.seq < (SELECT max(seq) FROM due)
        AND e.user_id IN (SELECT user_id FROM due) AND e.id NOT IN (SELECT id FROM due) GROUP BY e.user_id),
    leased AS (
      ${TAKE} WHERE o.id = ANY (ARRAY(
        SELECT due.id FROM due LEFT JOIN gaps USING (user_id) WHERE gaps.seq IS NULL OR due.seq < gaps.seq))
      RETURNING o.seq, ${LEASED_COLUMNS})
    SELECT * FROM leased ORDER BY seq`,
};

/**
 * Returns SQL that adds an event to the outbox if `source` has a row. Its parameters are `outboxParameters`, numbered
 * from `first`. If the id is null, it adds no event.
 */
const insertFollowUp = (source: string, first: number) =>
  insertOutboxRow(`${source} WHERE $${first}::uuid IS NOT NULL LIMIT 1`, first);

/**
 * Deletes delivered messages, except those that another courier has leased since, and adds an event. $1 ids of
 * messages, $2 tries of each message's lease, $3-$6 outbox row of the event, or nulls for no event.
 */
export const DELETE_DELIVERED: NamedStatement = {
  name: 'outbox_done',
  text: `
    WITH gone AS (
      DELETE FROM flow.outbox o USING unnest($1::uuid[], $2::int[]) t(id, tries)
      WHERE o.id = t.id AND o.tries = t.tries AND o.parked_at IS NULL RETURNING o.id)
    ${insertFollowUp('gone', 3)}`,
};

/**
 * Moves published events to the kept events, except those that another courier has leased since. Arrays with one
 * element per event: $1 ids, $2 tries of the lease, $3 users whom the events are about, $4 users who caused them, if
 * they are other users, $5 plans, $6 requests. The column `position` gets the order in which the events were published.
 * Also queues deliveries to webhook endpoints, in the same order: $7 ids of events, $8 names of endpoints.
 */
export const KEEP_PUBLISHED: NamedStatement = {
  name: 'outbox_keep',
  text: `
    WITH gone AS (
      DELETE FROM flow.outbox o
      USING unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[])
        t(id, tries, user_id, actor_id, plan_id, request_id)
      WHERE o.id = t.id AND o.tries = t.tries AND o.parked_at IS NULL
      RETURNING o.id, o.topic, o.made_at, o.body, o.seq, t.user_id, t.actor_id, t.plan_id, t.request_id),
    queued AS (
      INSERT INTO flow.webhook_deliveries (endpoint, event_id, user_id)
      SELECT d.endpoint, gone.id, gone.user_id
      FROM gone JOIN unnest($7::uuid[], $8::text[]) d(event_id, endpoint) ON d.event_id = gone.id
      ORDER BY gone.seq
      ON CONFLICT DO NOTHING)
    INSERT INTO flow.audit_events (id, action, at, user_id, actor_id, plan_id, request_id, body)
    SELECT id, substr(topic, length('events.') + 1), made_at, user_id, actor_id, plan_id, request_id, body
    FROM gone ORDER BY seq
    ON CONFLICT (id) DO NOTHING`,
};

/**
 * Makes messages due again after a failed delivery. $1 ids of messages, $2 tries of each message's lease, $3 error, $4
 * delay of each message (interval).
 */
export const RETRY_LATER: NamedStatement = {
  name: 'outbox_later',
  text: `
    UPDATE flow.outbox o SET due_at = now() + t.delay, error = $3
    FROM unnest($1::uuid[], $2::int[], $4::interval[]) t(id, tries, delay)
    WHERE o.id = t.id AND o.tries = t.tries AND o.parked_at IS NULL`,
};

/**
 * Makes messages due again, and does not count this lease as a try. $1 ids of messages, $2 tries of each message's
 * lease, $3 errors, or null for an event that waits for an earlier one of its user, $4 delay (interval), $5 age after
 * which an event with an error no longer delays later events of its user (interval).
 */
export const POSTPONE_MESSAGES: NamedStatement = {
  name: 'outbox_postpone',
  text: `
    UPDATE flow.outbox o SET due_at = now() + $4::interval, error = t.error, tries = o.tries - 1,
      user_id = CASE WHEN t.error IS NULL OR o.made_at > now() - $5::interval THEN o.user_id END
    FROM unnest($1::uuid[], $2::int[], $3::text[]) t(id, tries, error)
    WHERE o.id = t.id AND o.tries = t.tries AND o.parked_at IS NULL`,
};

/**
 * Parks a message, and adds an event. $1 id of the message, $2 tries of its lease, $3 error, $4-$7 outbox row of the
 * event, or nulls for no event.
 */
export const PARK_MESSAGE: NamedStatement = {
  name: 'outbox_park',
  text: `
    WITH parked AS (
      UPDATE flow.outbox SET parked_at = now(), error = $3
      WHERE id = $1 AND tries = $2 AND parked_at IS NULL RETURNING id)
    ${insertFollowUp('parked', 4)}`,
};

/**
 * Counts a mail to an address, and returns the number of mails in the current period. $1 SHA-256 of the address, $2
 * length of the period (interval). The first mail of a period restarts the count at 1.
 */
export const COUNT_RECIPIENT: NamedStatement = {
  name: 'mailed_count',
  text: `
    INSERT INTO flow.mailed AS m (recipient, since, count) VALUES ($1, now(), 1)
    ON CONFLICT (recipient) DO UPDATE SET
      since = CASE WHEN m.since <= now() - $2::interval THEN now() ELSE m.since END,
      count = CASE WHEN m.since <= now() - $2::interval THEN 1 ELSE m.count + 1 END
    RETURNING count`,
};

/**
 * Stores when a user last logged in. Returns false if another transaction is changing the user: the statement does not
 * wait for that transaction, because other events would wait too. $1 uuid of the user, $2 time of the login. Login
 * events may arrive out of order, so a time before the stored one is ignored.
 */
export const SET_LAST_LOGIN: NamedStatement = {
  name: 'user_logged_in',
  text: `
    WITH free AS MATERIALIZED (SELECT id FROM directory.users WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED),
    stored AS (
      UPDATE directory.users u SET last_login = $2 FROM free
      WHERE u.id = free.id AND (u.last_login IS NULL OR u.last_login < $2))
    SELECT EXISTS (SELECT FROM free) OR NOT EXISTS (SELECT FROM directory.users WHERE id = $1) AS done`,
};

/** Deletes messages that were parked too long ago. $1 how long parked messages are kept (interval). */
export const SWEEP_PARKED: NamedStatement = {
  name: 'outbox_sweep',
  text: 'DELETE FROM flow.outbox WHERE parked_at < now() - $1::interval',
};

/**
 * Deletes a batch of events that were kept too long ago. $1 how long events are kept (interval), $2 size of the batch.
 * Skips events that another courier is deleting.
 */
export const SWEEP_KEPT: NamedStatement = {
  name: 'audit_events_sweep',
  text: `
    DELETE FROM flow.audit_events WHERE id = ANY (ARRAY(
      SELECT id FROM flow.audit_events WHERE kept_at < now() - $1::interval
      ORDER BY kept_at LIMIT $2 FOR UPDATE SKIP LOCKED))`,
};

/** Deletes mail counts of earlier periods. $1 length of the period (interval). */
export const SWEEP_COUNTS: NamedStatement = {
  name: 'mailed_sweep',
  text: 'DELETE FROM flow.mailed WHERE since < now() - $1::interval',
};

/**
 * For mails and for events, returns the numbers of waiting and of parked messages, and the age of the oldest waiting
 * message in seconds.
 */
export const OUTBOX_STATS: NamedStatement = {
  name: 'outbox_standing',
  text: `
    SELECT s.sort, count(*) FILTER (WHERE o.parked_at IS NULL AND o.id IS NOT NULL)::int AS waiting,
      count(o.parked_at)::int AS parked,
      coalesce(extract(epoch FROM now() - min(o.made_at) FILTER (WHERE o.parked_at IS NULL)), 0)::float8 AS "oldestS"
    FROM (VALUES ('mail'), ('event')) s(sort)
    LEFT JOIN flow.outbox o ON (o.topic = 'mail') = (s.sort = 'mail') GROUP BY s.sort`,
};
