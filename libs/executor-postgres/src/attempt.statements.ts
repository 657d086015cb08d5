import { ASYNC_COMMIT, type NamedStatement } from '@gatehouse/platform';

/** SQL for `free_at`, the end of the delay, in rows without a delay: a time in the past. */
const NO_DELAY = 'to_timestamp(0)';

/**
 * SQL assignments that release attempts of the counter row `a`. `c.times` is their number, `c.taken_at` the time at
 * which the last of them was reserved. A delay that a later reservation has set stays.
 */
export const RELEASED_COLUMNS = `failures = greatest(a.failures - c.times, 0),
        free_at = CASE WHEN a.failures - c.times >= a.free AND a.updated_at IS DISTINCT FROM c.taken_at
          THEN a.free_at ELSE ${NO_DELAY} END`;

/**
 * Returns SQL for the time at which the delay after this number of failures ends. A delay is at most an hour; from
 * `daily` failures on, at most a day.
 */
const delayUntil = (failures: string) => `CASE WHEN ${failures} < free THEN ${NO_DELAY}
          WHEN ${failures} < daily IS NOT FALSE
            THEN now() + least(interval '1 hour', $7::interval * power(2, least(${failures} - free, 12)))
          ELSE now() + least(interval '1 day', interval '1 hour' * power(2, least(${failures} - daily + 1, 5))) END`;

/**
 * Reserves the attempts of one answer. Arrays with one element per attempt: $1 subjects, $2 names of counters (the
 * column `credential`), $3 numbers of failures without a delay, $4 numbers of failures that lock the credential (null:
 * never), $5 intervals after which failures are forgotten (null: never), $8 numbers of failures from which delays grow
 * up to a day (null: never). Single intervals: $6 time since the answer arrived, $7 the first delay.
 *
 * `held` locks the existing rows in the order of subject and counter. If `blocked` finds one of them locked or delayed,
 * nothing is reserved. Otherwise `made` inserts missing rows with one failure, and `raised` adds a failure to the
 * existing rows and sets the next delay (docs/spec/attempts.md#counting).
 *
 * `locking` lists the counters that reach their locking number of failures ($4) by these attempts.
 *
 * If another transaction inserts a missing row at the same time, only the rows of `made` are reserved: this statement
 * holds locks, so waiting for that row could deadlock.
 */
export const RESERVE_ATTEMPTS: NamedStatement = {
  name: 'attempts_take',
  text: `
    WITH ${ASYNC_COMMIT},
    wanted AS (
      SELECT * FROM unnest($1::bytea[], $2::text[], $3::int[], $4::int[], $5::interval[], $8::int[])
        w(subject, credential, free, hard, forget, daily)),
    held AS MATERIALIZED (
      SELECT w.*, a.free_at, a.failures, coalesce(a.updated_at < now() - w.forget, false) AS forgotten
      FROM (SELECT * FROM wanted ORDER BY subject, credential) w CROSS JOIN LATERAL (
        SELECT free_at, failures, updated_at FROM flow.attempts WHERE (subject, credential) = (w.subject, w.credential) FOR UPDATE) a),
    blocked AS (
      SELECT credential, greatest(extract(epoch FROM free_at - now()), 1) AS retry_after_s,
        coalesce(failures >= hard, false) AS locked
      FROM held WHERE NOT forgotten AND (free_at > now() - $6::interval OR failures >= hard)),
    made AS (
      INSERT INTO flow.attempts (subject, credential, failures, free_at, free, hard, forget_after, cleanup_at)
      SELECT subject, credential, 1, ${delayUntil('1')}, free, hard, forget, now() + coalesce(forget, interval '1 day')
      FROM wanted WHERE NOT EXISTS (SELECT FROM blocked) AND (subject, credential) NOT IN (SELECT subject, credential FROM held)
      ORDER BY subject, credential ON CONFLICT (subject, credential) DO NOTHING
      RETURNING subject, credential, failures, hard),
    counted AS (SELECT *, CASE WHEN forgotten THEN 1 ELSE failures + 1 END AS now_failures FROM held),
    raised AS (
      UPDATE flow.attempts a SET failures = c.now_failures, updated_at = now(), free = c.free, hard = c.hard,
        forget_after = c.forget, free_at = c.free_then
      FROM (SELECT *, ${delayUntil('now_failures')} AS free_then FROM counted) c
      WHERE (a.subject, a.credential) = (c.subject, c.credential) AND NOT EXISTS (SELECT FROM blocked)
        AND (SELECT count(*) FROM held) + (SELECT count(*) FROM made) = cardinality($1::bytea[])
      RETURNING a.subject, a.credential, a.failures, a.hard),
    taken AS (SELECT * FROM made UNION ALL SELECT * FROM raised)
    SELECT coalesce((SELECT json_agg(encode(subject, 'hex') || ' ' || credential) FROM taken), '[]') AS taken,
      coalesce((SELECT json_agg(credential) FROM taken WHERE failures >= hard), '[]') AS locking,
      coalesce((SELECT json_agg(b) FROM blocked b), '[]') AS blocked, now()::text AS at
    FROM lazily`,
};

/**
 * Releases attempts. Arrays with one element per attempt: $1 subjects, $2 names of counters, $3 `reservedAt`
 * timestamps.
 */
export const RELEASE_ATTEMPTS: NamedStatement = {
  name: 'attempts_give_back',
  text: `
    WITH ${ASYNC_COMMIT},
    c AS MATERIALIZED (
      SELECT subject, credential, count(*)::int AS times, max(taken_at) AS taken_at
      FROM unnest($1::bytea[], $2::text[], $3::timestamptz[]) u(subject, credential, taken_at) GROUP BY 1, 2),
    held AS MATERIALIZED (
      SELECT a.subject FROM flow.attempts a JOIN c USING (subject, credential)
      ORDER BY a.subject, a.credential FOR UPDATE OF a)
    UPDATE flow.attempts a SET ${RELEASED_COLUMNS}
    FROM lazily, c, (SELECT count(*) FROM held) h WHERE (a.subject, a.credential) = (c.subject, c.credential)`,
};

/** Deletes a user's failures, and returns the credentials that had failures. $1 subject: an HMAC of the user's uuid. */
export const UNLOCK_SUBJECT: NamedStatement = {
  name: 'attempts_unlock',
  text: 'DELETE FROM flow.attempts WHERE subject = $1 AND failures > 0 RETURNING credential',
};
