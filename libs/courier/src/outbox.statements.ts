import type { NamedStatement } from '@gatehouse/platform';

/**
 * $1 whether mails or events, $2 limit, $3 length of the lease. A leased message is due after its lease. The number of tries
 * identifies the lease.
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

const INSERT_FOLLOW_UP = (source: string, first: number) => `
    INSERT INTO flow.outbox (id, topic, body, due_at)
    SELECT $${first}::uuid, $${first + 1}::text, $${first + 2}::bytea, now() FROM ${source} WHERE $${first}::uuid IS NOT NULL LIMIT 1`;

/** $1 ids, $2 tries, $3-$5 row of an event. */
export const DELETE_DELIVERED: NamedStatement = {
  name: 'outbox_done',
  text: `
    WITH gone AS (
      DELETE FROM flow.outbox o USING unnest($1::uuid[], $2::int[]) t(id, tries)
      WHERE o.id = t.id AND o.tries = t.tries AND o.parked_at IS NULL RETURNING o.id)
    ${INSERT_FOLLOW_UP('gone', 3)}`,
};

/** $1 id, $2 tries, $3 error, $4 delay. */
export const RETRY_LATER: NamedStatement = {
  name: 'outbox_later',
  text: `UPDATE flow.outbox SET due_at = now() + $4::interval, error = $3
         WHERE id = $1 AND tries = $2 AND parked_at IS NULL`,
};

/** $1 id, $2 tries, $3 error, $4-$6 row of an event. */
export const PARK_MESSAGE: NamedStatement = {
  name: 'outbox_park',
  text: `
    WITH parked AS (
      UPDATE flow.outbox SET parked_at = now(), error = $3
      WHERE id = $1 AND tries = $2 AND parked_at IS NULL RETURNING id)
    ${INSERT_FOLLOW_UP('parked', 4)}`,
};

/** $1 digest of an address, $2 period. */
export const COUNT_RECIPIENT: NamedStatement = {
  name: 'mailed_count',
  text: `
    INSERT INTO flow.mailed AS m (recipient, since, count) VALUES ($1, now(), 1)
    ON CONFLICT (recipient) DO UPDATE SET
      since = CASE WHEN m.since <= now() - $2::interval THEN now() ELSE m.since END,
      count = CASE WHEN m.since <= now() - $2::interval THEN 1 ELSE m.count + 1 END
    RETURNING count`,
};

/** $1 user, $2 time. Events of logins may arrive out of order, so an earlier time is ignored. */
export const SET_LAST_LOGIN: NamedStatement = {
  name: 'user_logged_in',
  text: `UPDATE directory.users SET last_login = $2 WHERE id = $1 AND (last_login IS NULL OR last_login < $2)`,
};

/** $1 retention of parked messages. */
export const SWEEP_PARKED: NamedStatement = {
  name: 'outbox_sweep',
  text: 'DELETE FROM flow.outbox WHERE parked_at < now() - $1::interval',
};

/** $1 period. */
export const SWEEP_COUNTS: NamedStatement = {
  name: 'mailed_sweep',
  text: 'DELETE FROM flow.mailed WHERE since < now() - $1::interval',
};

/** Numbers of waiting and parked messages by kind. */
export const OUTBOX_STATS: NamedStatement = {
  name: 'outbox_standing',
  text: `
    SELECT s.sort, count(*) FILTER (WHERE o.parked_at IS NULL AND o.id IS NOT NULL)::int AS waiting,
      count(o.parked_at)::int AS parked,
      coalesce(extract(epoch FROM now() - min(o.made_at) FILTER (WHERE o.parked_at IS NULL)), 0)::float8 AS "oldestS"
    FROM (VALUES ('mail'), ('event')) s(sort)
    LEFT JOIN flow.outbox o ON (o.topic = 'mail') = (s.sort = 'mail') GROUP BY s.sort`,
};
