import { CONSENT_SCHEMA as SCHEMA } from '../migrations/index.js';

/** Number of expired rows that each insert deletes at most. */
const DELETED_PER_INSERT = 10;

export const DELETE_EXPIRED_REQUESTS = {
  name: 'authorization_sweep',
  text: `
    DELETE FROM ${SCHEMA}.authorization_requests WHERE id IN (
      SELECT id FROM ${SCHEMA}.authorization_requests WHERE expires < now() ORDER BY expires
      LIMIT ${DELETED_PER_INSERT} FOR UPDATE SKIP LOCKED)`,
};

const PENDING = 'code_hash IS NULL AND expires > now()';

/**
 * Locks the requests of a client until the end of the transaction, so that concurrent inserts are counted one after the
 * other. $1 client id. Must be a separate statement: an insert that waited for the lock itself would count in a stale
 * snapshot.
 */
export const LOCK_CLIENT = `SELECT pg_advisory_xact_lock(hashtextextended('authorization request of ' || $1, 0))`;

/**
 * Inserts a request. $1 hash of the reference, $2 client id, $3 application id, $4 request, $5 lifetime in seconds, $6
 * number of requests of the client that may wait. Returns no row if that many are waiting already.
 */
export const PUSH = `
  INSERT INTO ${SCHEMA}.authorization_requests (reference_hash, client_id, application_id, request, expires)
  SELECT $1::bytea, $2::text, $3::uuid, $4::jsonb, now() + make_interval(secs => $5::double precision)
  WHERE (
    SELECT count(*) FROM (
      SELECT FROM ${SCHEMA}.authorization_requests WHERE client_id = $2 AND ${PENDING} LIMIT $6) AS waiting) < $6
  RETURNING id`;

/** Finds a request that waits for its user. $1 hash of the reference, $2 client id. */
export const FIND_PENDING = {
  name: 'authorization_find',
  text: `
    SELECT id, request, extract(epoch FROM created_at)::double precision AS created_at
    FROM ${SCHEMA}.authorization_requests WHERE reference_hash = $1 AND client_id = $2 AND ${PENDING}`,
};

/** Finds a request that waits for its user. $1 id. */
export const IS_PENDING = {
  name: 'authorization_pending',
  text: `SELECT id FROM ${SCHEMA}.authorization_requests WHERE id = $1 AND ${PENDING}`,
};

/** Finds a request whose code was issued with this work id. $1 id of the request, $2 work id. */
export const HAS_ISSUED = {
  name: 'authorization_issued',
  text: `SELECT id FROM ${SCHEMA}.authorization_requests WHERE id = $1 AND issued_by = $2 AND expires > now()`,
};

/** Deletes a request that waits for its user. $1 id. */
export const REFUSE = {
  name: 'authorization_refuse',
  text: `DELETE FROM ${SCHEMA}.authorization_requests WHERE id = $1 AND ${PENDING} RETURNING request`,
};

/**
 * Stores the code of a request. $1 id of the request, $2 hash of the code, $3 id of the work, $4 user uuid, $5 the
 * user's epoch, $6 how the user logged in. From then on, the row expires with the code.
 */
export const ISSUE = {
  name: 'authorization_issue',
  text: `
    UPDATE ${SCHEMA}.authorization_requests SET code_hash = $2, issued_by = $3, user_id = $4, user_epoch = $5,
      authentication = $6, expires = now() + make_interval(secs => (request->>'code_lifetime_s')::double precision)
    WHERE id = $1 AND expires > now() AND (code_hash IS NULL OR issued_by = $3 OR code_hash = $2)
    RETURNING request`,
};

/**
 * Exchanges a code for an access token. Of concurrent exchanges, only one deletes the row and inserts a token. The
 * others wait until it has committed, and then get no row. $1 hash of the code, $2 client id, $3 redirect URI, $4 code
 * challenge, $5 hash of the token, $6 lifetime of the token in seconds.
 */
export const REDEEM = {
  name: 'authorization_redeem',
  text: `
    WITH spent AS (
      DELETE FROM ${SCHEMA}.authorization_requests
      WHERE code_hash = $1 AND client_id = $2 AND expires > now()
        AND request->>'redirect_uri' = $3 AND request->>'code_challenge' = $4
      RETURNING request, user_id, user_epoch, client_id, application_id, authentication),
    token AS (
      INSERT INTO ${SCHEMA}.access_tokens (hash, user_id, user_epoch, client_id, application_id, scopes, expires, code_hash)
      SELECT $5, user_id, user_epoch, client_id, application_id,
        ARRAY(SELECT jsonb_array_elements_text(request->'scopes')), now() + make_interval(secs => $6::double precision), $1
      FROM spent)
    SELECT request, user_id AS uuid, user_epoch AS epoch, authentication FROM spent`,
};

/**
 * Deletes the access token of a code that its client uses again, because the code has leaked (RFC 6749 §4.1.2). $1 hash
 * of the code, $2 client id. Must be a separate statement: its snapshot then contains the token of the exchange that
 * REDEEM has waited for.
 */
export const END_REUSED = {
  name: 'authorization_reused',
  text: `DELETE FROM ${SCHEMA}.access_tokens WHERE code_hash = $1 AND client_id = $2`,
};
