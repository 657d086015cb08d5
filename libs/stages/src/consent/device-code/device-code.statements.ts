import { POLL_INTERVAL_S } from '@gatehouse/contracts';
import { CONSENT_SCHEMA as SCHEMA } from '../migrations/index.js';

/** Expired rows that each insert deletes. */
const DELETED_PER_INSERT = 10;
/** Seconds for which an expired code still answers `expired_token`. */
const REDEEMABLE_S = 600;
/** Seconds that a device has at least to fetch its token after the approval. */
const FETCH_S = 60;
/** Seconds that a poll may be early, because networks and clocks are not exact. */
const SLACK_S = 1;

/** SQL for the keyed hash of a user code, which is too short for a hash without a key. */
const userCodeDigest = (code: string) => `sha256((SELECT key FROM ${SCHEMA}.code_keys) || convert_to(${code}, 'UTF8'))`;

const deleteExpired = (table: string, key: string, after_s: number) => `
  DELETE FROM ${SCHEMA}.${table} WHERE ${key} IN (
    SELECT ${key} FROM ${SCHEMA}.${table} WHERE expires < now() - interval '${after_s} s' ORDER BY expires
    LIMIT ${DELETED_PER_INSERT} FOR UPDATE SKIP LOCKED)`;

export const DELETE_EXPIRED_CODES = {
  name: 'device_code_sweep',
  text: deleteExpired('device_codes', 'id', REDEEMABLE_S),
};
export const DELETE_EXPIRED_TOKENS = { name: 'access_token_sweep', text: deleteExpired('access_tokens', 'hash', 0) };

/**
 * $1 device code's hash, $2 user code, $3-$5 client, application and scopes, $6 seconds. Returns no row if the user
 * code is taken.
 */
export const ISSUE = {
  name: 'device_code_issue',
  text: `
    INSERT INTO ${SCHEMA}.device_codes
      (device_hash, user_hash, client_id, application_id, scopes, expires, interval_s)
    VALUES ($1, ${userCodeDigest('$2')}, $3, $4, $5, now() + make_interval(secs => $6::double precision), ${POLL_INTERVAL_S})
    ON CONFLICT (user_hash) DO NOTHING RETURNING id`,
};

const OPEN = 'expires > now() AND NOT refused AND approved_epoch IS NULL';

/** $1 user code, $2 user. The second of two concurrent users finds it claimed. */
export const CLAIM_USER_CODE = {
  name: 'device_code_claim',
  text: `
    UPDATE ${SCHEMA}.device_codes SET claimed_by = $2
    WHERE user_hash = ${userCodeDigest('$1')} AND ${OPEN} AND (claimed_by IS NULL OR claimed_by = $2)
    RETURNING id, client_id, application_id AS application, scopes`,
};

/** $1 code, $2 user. */
export const IS_OPEN = {
  name: 'device_code_open',
  text: `SELECT id FROM ${SCHEMA}.device_codes WHERE id = $1 AND claimed_by = $2 AND ${OPEN}`,
};

/**
 * $1 code, $2 user, $3 the epoch of their sessions, $4 scopes. Extends the expiry, so that the device has time to fetch
 * its token.
 */
export const APPROVE = `
  UPDATE ${SCHEMA}.device_codes SET approved_epoch = $3,
    scopes = ARRAY(SELECT s FROM unnest(scopes) s WHERE s = ANY ($4::text[])),
    expires = greatest(expires, now() + interval '${FETCH_S} s')
  WHERE id = $1 AND claimed_by = $2 AND ${OPEN} RETURNING id`;

/** $1 user, $2 code, or null for all codes of the user. */
export const REFUSE = {
  name: 'device_code_refuse',
  text: `
    UPDATE ${SCHEMA}.device_codes SET refused = true
    WHERE claimed_by = $1 AND ($2::uuid IS NULL OR id = $2) AND ${OPEN} RETURNING id`,
};

/** $1 hash of the device code, $2 client. Locks the row, so that concurrent polls wait. */
export const FIND_POLLED = `
  SELECT id, claimed_by AS "user", approved_epoch AS epoch, refused, client_id, application_id AS application, scopes,
    expires <= now() AS over, next_poll_at > now() AS early
  FROM ${SCHEMA}.device_codes WHERE device_hash = $1 AND client_id = $2 FOR UPDATE`;

/** $1 code, $2 whether the poll was too early, which extends the interval for all later polls (RFC 8628 §3.5). */
export const SLOW_DOWN = `
  UPDATE ${SCHEMA}.device_codes SET interval_s = interval_s + n.more,
    next_poll_at = now() + make_interval(secs => interval_s + n.more - ${SLACK_S})
  FROM (SELECT CASE WHEN $2 THEN ${POLL_INTERVAL_S} ELSE 0 END AS more) n WHERE id = $1`;

export const SPEND = `DELETE FROM ${SCHEMA}.device_codes WHERE id = $1`;

/** $1 hash, $2 user, $3 the epoch of their sessions, $4-$6 client, application and scopes, $7 seconds. */
export const INSERT_TOKEN = `
  INSERT INTO ${SCHEMA}.access_tokens (hash, user_id, user_epoch, client_id, application_id, scopes, expires)
  VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7::double precision))`;

/** $1 hash. */
export const FIND_TOKEN = {
  name: 'access_token_find',
  text: `
    SELECT user_id AS uuid, user_epoch AS epoch, client_id, application_id AS application, scopes
    FROM ${SCHEMA}.access_tokens WHERE hash = $1 AND expires > now()`,
};
