import { POLL_INTERVAL_S } from '@gatehouse/contracts';
import { CONSENT_SCHEMA as SCHEMA } from '../migrations/index.js';

/** Number of expired rows that each insert deletes at most. */
const DELETED_PER_INSERT = 10;
/** Seconds for which an expired device code is kept, so that polls get `expired_token`, not `invalid_grant`. */
const REDEEMABLE_S = 600;
/** Minimum time that a device has to fetch its token after the approval, in seconds. */
const FETCH_S = 60;
/** Seconds by which a poll may be early, to allow for network jitter and clock skew. */
const SLACK_S = 1;

/** Returns SQL for the keyed hash of a user code. An unkeyed hash of so short a code could be brute-forced. */
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
 * Inserts a device code. $1 hash of the device code, $2 user code in plain text, $3 client id, $4 application id, $5
 * scopes, $6 lifetime in seconds. Returns no row if the user code is taken.
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

/** Claims a code. $1 user code in plain text, $2 user uuid. Returns no row to the second of two concurrent users. */
export const CLAIM_USER_CODE = {
  name: 'device_code_claim',
  text: `
    UPDATE ${SCHEMA}.device_codes SET claimed_by = $2
    WHERE user_hash = ${userCodeDigest('$1')} AND ${OPEN} AND (claimed_by IS NULL OR claimed_by = $2)
    RETURNING id, client_id, application_id AS application, scopes`,
};

/** Finds an open code that the user has claimed. $1 id of the code, $2 user uuid. */
export const IS_OPEN = {
  name: 'device_code_open',
  text: `SELECT id FROM ${SCHEMA}.device_codes WHERE id = $1 AND claimed_by = $2 AND ${OPEN}`,
};

/**
 * Approves a code. $1 id of the code, $2 user uuid, $3 the user's epoch, $4 scopes that the user consents to. Extends
 * the expiry, so that the device has time to fetch its token.
 */
export const APPROVE = `
  UPDATE ${SCHEMA}.device_codes SET approved_epoch = $3,
    scopes = ARRAY(SELECT s FROM unnest(scopes) s WHERE s = ANY ($4::text[])),
    expires = greatest(expires, now() + interval '${FETCH_S} s')
  WHERE id = $1 AND claimed_by = $2 AND ${OPEN} RETURNING id`;

/** Finds the approval of a device by an earlier request. $1 id of the request. */
export const IS_APPROVED = {
  name: 'device_code_approved',
  text: `SELECT id FROM ${SCHEMA}.done WHERE id = $1 AND reply->'approved' = 'true'`,
};

/** Refuses claimed codes. $1 user uuid, $2 id of the code, or null for all open codes that the user has claimed. */
export const REFUSE = {
  name: 'device_code_refuse',
  text: `
    UPDATE ${SCHEMA}.device_codes SET refused = true
    WHERE claimed_by = $1 AND ($2::uuid IS NULL OR id = $2) AND ${OPEN} RETURNING id`,
};

/**
 * Finds the device code of a poll. $1 hash of the device code, $2 client id. Locks the row, so that concurrent polls
 * wait for each other.
 */
export const FIND_POLLED = `
  SELECT id, claimed_by AS "user", approved_epoch AS epoch, refused, client_id, application_id AS application, scopes,
    expires <= now() AS over, next_poll_at > now() AS early
  FROM ${SCHEMA}.device_codes WHERE device_hash = $1 AND client_id = $2 FOR UPDATE`;

/**
 * Sets the time of the next poll. $1 id of the code, $2 whether this poll was too early, which extends the interval of
 * all later polls (RFC 8628 §3.5).
 */
export const SLOW_DOWN = `
  UPDATE ${SCHEMA}.device_codes SET interval_s = interval_s + n.more,
    next_poll_at = now() + make_interval(secs => interval_s + n.more - ${SLACK_S})
  FROM (SELECT CASE WHEN $2 THEN ${POLL_INTERVAL_S} ELSE 0 END AS more) n WHERE id = $1`;

export const SPEND = `DELETE FROM ${SCHEMA}.device_codes WHERE id = $1`;

/**
 * Inserts an access token. $1 hash of the token, $2 user uuid, $3 the user's epoch, $4 client id, $5 application id, $6
 * scopes, $7 lifetime in seconds.
 */
export const INSERT_TOKEN = `
  INSERT INTO ${SCHEMA}.access_tokens (hash, user_id, user_epoch, client_id, application_id, scopes, expires)
  VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7::double precision))`;

/** Finds a valid access token. $1 hash of the token. */
export const FIND_TOKEN = {
  name: 'access_token_find',
  text: `
    SELECT user_id AS uuid, user_epoch AS epoch, client_id, application_id AS application, scopes
    FROM ${SCHEMA}.access_tokens WHERE hash = $1 AND expires > now()`,
};
