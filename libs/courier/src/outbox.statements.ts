import type { NamedStatement } from '@gatehouse/platform';

/**
 * Leases due messages. $1 true for mails, false for events, $2 largest number of messages, $3 length of the lease
 * (interval). `due` locks due messages that no concurrent statement has locked. The UPDATE makes them due again at the
 * end of the lease. The number of tries identifies the lease.
 */
export const LEASE_MESSAGES: NamedStatement = {
  name: 'outbox_take',
  text: `
    WITH due AS (
      SELECT id FROM flow.outbox
      WHERE (topic = 'mail') = $1 AND parked_at IS NULL AND due_at <= now()
      ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    UPDATE flow.outbox o SET due_at = now() + $3::interval, tries = o.tries + 1 FROM due WHERE o.id = due.id
    RETURNING o.id, o.topic, o.body, o.tries, o.made_at, extract(epoch FROM now() - o.made_at)::float8 AS age_s`,
};

/**
 * Returns the SQL that adds an event to the outbox if `source` has a row. The parameters from number `first` on are the
 * id, topic and sealed body of the event. A null id adds no event.
 */
const INSERT_FOLLOW_UP = (source: string, first: number) => `
    INSERT INTO flow.outbox (id, topic, body, due_at)
    SELECT $${first}::uuid, $${first + 1}::text, $${first + 2}::bytea, now() FROM ${source} WHERE $${first}::uuid IS NOT NULL LIMIT 1`;

/**
 * Deletes delivered messages, unless another courier has taken over their lease, and adds an event. $1 ids of messages,
 * $2 tries of each message's lease, $3-$5 id, topic and sealed body of the event, or nulls for no event.
 */
export const DELETE_DELIVERED: NamedStatement = {
  name: 'outbox_done',
  text: `
    WITH gone AS (
      DELETE FROM flow.outbox o USING unnest($1::uuid[], $2::int[]) t(id, tries)
      WHERE o.id = t.id AND o.tries = t.tries AND o.parked_at IS NULL RETURNING o.id)
    ${INSERT_FOLLOW_UP('gone', 3)}`,
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
 * Makes messages due again, and undoes the count of this lease as a try. $1 ids of messages, $2 tries of each message's
 * lease, $3 errors, $4 delay (interval).
 */
export const POSTPONE_MESSAGES: NamedStatement = {
  name: 'outbox_postpone',
  text: `
    UPDATE flow.outbox o SET due_at = now() + $4::interval, error = t.error, tries = o.tries - 1
    FROM unnest($1::uuid[], $2::int[], $3::text[]) t(id, tries, error)
    WHERE o.id = t.id AND o.tries = t.tries AND o.parked_at IS NULL`,
};

/**
 * Parks a message, and adds an event. $1 id of the message, $2 tries of its lease, $3 error, $4-$6 id, topic and sealed
 * body of the event, or nulls for no event.
 */
export const PARK_MESSAGE: NamedStatement = {
  name: 'outbox_park',
  text: `
    WITH parked AS (
      UPDATE flow.outbox SET parked_at = now(), error = $3
      WHERE id = $1 AND tries = $2 AND parked_at IS NULL RETURNING id)
    ${INSERT_FOLLOW_UP('parked', 4)}`,
};

/**
 * Counts a mail to an address, and returns the number of mails in the current period. $1 SHA-256 digest of the address,
 * $2 length of the period (interval). A count from an earlier period restarts at 1.
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
 * Stores the time of a user's last login. $1 UUID of the user, $2 time of the login. Login events may arrive out of
 * order, so an earlier time than the stored one is ignored.
 */
export const SET_LAST_LOGIN: NamedStatement = {
  name: 'user_logged_in',
  text: `UPDATE directory.users SET last_login = $2 WHERE id = $1 AND (last_login IS NULL OR last_login < $2)`,
};

/** Deletes messages that have been parked for long. $1 how long parked messages are kept (interval). */
export const SWEEP_PARKED: NamedStatement = {
  name: 'outbox_sweep',
  text: 'DELETE FROM flow.outbox WHERE parked_at < now() - $1::interval',
};

/** Deletes the mail counts of past periods. $1 length of the counting period (interval). */
export const SWEEP_COUNTS: NamedStatement = {
  name: 'mailed_sweep',
  text: 'DELETE FROM flow.mailed WHERE since < now() - $1::interval',
};

/**
 * Returns, for each kind, the numbers of waiting and of parked messages, and the age of the oldest waiting message in
 * seconds.
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
