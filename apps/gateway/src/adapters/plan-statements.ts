import type { NamedStatement } from '@gatehouse/platform';
import { GIVEN_BACK } from './attempt-statements.js';

/** Seconds since a session was last noted as seen after which it is noted again. */
const SEEN_EVERY = `interval '5 minutes'`;
/** How long a key that a login replaced still learns how its plan ended (protocol §6). */
const RETIRED_FOR = `interval '10 seconds'`;
/** How long an ended plan can still be learned of. */
const ENDED_FOR = `interval '60 seconds'`;

/**
 * A user as one value: seven columns fewer to describe and read, for each of which a client pays with every row.
 * Looked for only where there is somebody to find.
 */
const identity = (who: string, columns = '') => `(
      SELECT row_to_json(u) FROM (
        SELECT 'saved' AS kind, id AS uuid, pk, username, name, email, is_active, epoch, locale${columns}
        FROM directory.identities WHERE ${who}) u)`;

/** The attributes of the user whose id is named, where the parameter says that they are wanted. */
export const attributesOf = (id: string, wanted: string) =>
  `CASE WHEN ${wanted}::boolean THEN (SELECT a.attributes FROM directory.user_attributes a WHERE a.id = ${id}) END AS attributes`;

/** Whether a device was proved by the login of a session, within an interval; its columns are those of `from`. */
export const provedIn = (from: string, within: string) =>
  `${from}data->'second_factor' = 'true' AND (${from}data->>'login_at')::timestamptz > now() - ${within}`;

const OF_SESSION = `, is_superuser, debug, ${attributesOf('identities.id', '$3')}, s.data->>'last_ip' AS last_ip,
          ${provedIn('s.', '$5::interval')} AS proved`;

/**
 * $1 slug, $2 SHA-256 of the session cookie, $3 whether attributes are wanted, $4 how long a plan lasts, $5 how long the
 * proof of a device counts. The pointer to the newest version is read here, so no cache goes stale; a plan of an older one
 * is outdated by so long after it was begun, however often it is saved, so that what an operator changes holds for
 * everybody by then (D3 57).
 */
export const LOAD: NamedStatement = {
  name: 'plan_load',
  text: `
    SELECT f.id AS flow_id, f.version_id AS newest_version_id,
      (SELECT revision FROM flow.brand_sets) AS brands_revision,
      k.until IS NOT NULL AS retired, s.id AS session_id,
      CASE WHEN s.ttl IS NULL THEN extract(epoch FROM s.expires_at - now())::float8 END AS session_left_s, s.seen_at < now() - ${SEEN_EVERY} AS unseen,
      p.id AS plan_id, p.revision, p.version_id, p.body,
      p.version_id <> f.version_id AND p.begun_at <= now() - $4::interval AS outdated,
      CASE WHEN s.user_id IS NOT NULL AND k.until IS NULL THEN ${identity('id = s.user_id AND is_active AND epoch = s.user_epoch', OF_SESSION)} END AS session_identity,
      CASE WHEN p.pending_user_id IS NOT NULL THEN ${identity('id = p.pending_user_id')} END AS pending_identity
    FROM flow.flows f
    LEFT JOIN flow.session_keys k ON k.hash = $2 AND (k.until IS NULL OR k.until > now())
    LEFT JOIN flow.sessions s ON s.id = k.session_id AND s.expires_at > now()
    LEFT JOIN flow.plans p ON p.session_id = s.id AND p.flow_id = f.id AND p.expires_at > now()
    WHERE f.slug = $1`,
};

/** $1 session. A session that slides is prolonged when it is seen. */
export const SEEN: NamedStatement = {
  name: 'session_seen',
  text: `UPDATE flow.sessions SET seen_at = now(), expires_at = CASE WHEN ttl IS NULL THEN expires_at ELSE now() + ttl END
         WHERE id = $1 AND seen_at < now() - ${SEEN_EVERY}`,
};

const PLAN_COLUMNS = '(session_id, flow_id, id, revision, version_id, pending_user_id, body, expires_at)';
const REPLACE = `
    ON CONFLICT (session_id, flow_id) DO UPDATE SET id = excluded.id, revision = excluded.revision,
      version_id = excluded.version_id, pending_user_id = excluded.pending_user_id, body = excluded.body,
      expires_at = excluded.expires_at, begun_at = excluded.begun_at
    WHERE (plans.id = $8 AND plans.revision = $9) OR plans.expires_at <= now()
    RETURNING session_id`;

/**
 * $1 session, $2 flow, $3 plan, $4 version, $5 pending user, $6 body, $7 lifetime, $8 and $9 id and revision of the plan
 * it replaces.
 */
export const BEGIN: NamedStatement = {
  name: 'plan_begin',
  text: `INSERT INTO flow.plans ${PLAN_COLUMNS} SELECT s.id, $2, $3, 0, $4, $5, $6, now() + $7::interval
         FROM flow.sessions s WHERE s.id = $1 FOR KEY SHARE ${REPLACE}`,
};

/** As BEGIN, with the session $1 and its key $10 made in the same statement; $11 is how long strangers' sessions last. */
export const BEGIN_WITH_SESSION: NamedStatement = {
  name: 'plan_begin_with_session',
  text: `
    WITH session AS (
      INSERT INTO flow.sessions (id, ttl, expires_at) VALUES ($1, $11::interval, now() + $11::interval) RETURNING id),
    key AS (INSERT INTO flow.session_keys (hash, session_id) SELECT $10, id FROM session)
    INSERT INTO flow.plans ${PLAN_COLUMNS} SELECT session.id, $2, $3, 0, $4, $5, $6, now() + $7::interval FROM session
    ${REPLACE}`,
};

const UPDATE = `
    UPDATE flow.plans SET revision = revision + 1, pending_user_id = $5, body = $6,
      expires_at = now() + CASE WHEN $8::boolean THEN ${ENDED_FOR} ELSE $7::interval END
    WHERE session_id = $1 AND flow_id = $2 AND id = $3 AND revision = $4`;

/**
 * $1 session, $2 flow, $3 plan, $4 revision, $5 pending user, $6 body, $7 lifetime, $8 whether the plan has ended.
 * No row: another request was first.
 */
export const SAVE: NamedStatement = { name: 'plan_save', text: `${UPDATE} RETURNING session_id` };

/**
 * As SAVE, with everything that happens if and only if the plan is saved: every part hangs on `saved`. Sessions are locked
 * before plans, and in order, so that logins of one user do not wait for each other in a circle.
 * $9 hash of the new session key, $10 user who logs in, $11 session data, $12 absolute lifetime of the session or null,
 * $13 lifetime of one that slides, $14 whether the user's other sessions end, $15-$16 attempts to clear,
 * $17-$18 attempts to give back, $19-$21 outbox rows, $22-$23 reputation identifiers and deltas, $24 client address,
 * $25 epoch of the user who logs in, as of when they were identified, $26 new epoch of the session's user who goes on with
 * it, $27 user all of whose other sessions end, $28 resume token that this save burns, $29-$32 hashes, steps, bodies and
 * lifetimes of new ones, $33 version they are of, $34 whether the session becomes nobody's, $35 lifetime of one that is, $36 step whose link of this plan
 * this save burns as well, $37 user whom the plan was about before it ended.
 */
export const SAVE_WITH_EFFECTS: NamedStatement = {
  name: 'plan_save_with_effects',
  text: `
    WITH locked AS MATERIALIZED (
      SELECT s.id FROM flow.sessions s
      WHERE ($9::bytea IS NOT NULL AND s.id = $1) OR ($14::boolean AND s.user_id = $10)
        OR s.user_id = $27
      ORDER BY s.id FOR UPDATE),
    live AS MATERIALIZED (
      SELECT t.hash FROM flow.resume_tokens t
      WHERE (t.hash = $28 OR (t.plan_id = $3 AND t.step_id = $36)) AND t.expires_at > now() FOR UPDATE),
    saved AS (
      ${UPDATE} AND (SELECT count(*) FROM locked) >= 0
        AND (SELECT count(*) FROM live) >= num_nonnulls($28::bytea, $36::text)
        AND ($10::uuid IS NULL OR EXISTS (
        SELECT FROM directory.identities WHERE id = $10 AND is_active AND epoch = $25))
      RETURNING session_id),
    retired AS (
      UPDATE flow.session_keys k SET until = now() + ${RETIRED_FOR} FROM saved
      WHERE k.session_id = saved.session_id AND k.until IS NULL AND $9::bytea IS NOT NULL),
    fresh AS (
      INSERT INTO flow.session_keys (hash, session_id) SELECT $9, session_id FROM saved WHERE $9::bytea IS NOT NULL),
    login AS (
      UPDATE flow.sessions s SET user_id = $10, data = $11::jsonb || jsonb_build_object('login_at', now()), seen_at = now(),
        user_epoch = $25,
        ttl = CASE WHEN $12::interval IS NULL THEN $13::interval END,
        expires_at = now() + coalesce($12::interval, $13::interval)
      FROM saved WHERE s.id = saved.session_id AND $10::uuid IS NOT NULL),
    logout AS (
      UPDATE flow.sessions s SET user_id = NULL, user_epoch = NULL, data = '{}', seen_at = now(),
        ttl = $35::interval, expires_at = now() + $35::interval
      FROM saved WHERE s.id = saved.session_id AND $34::boolean),
    flushed AS (
      DELETE FROM flow.plans p USING saved, flow.sessions s
      WHERE s.id = saved.session_id AND p.session_id = s.id AND p.flow_id <> $2
        AND ($34::boolean OR ($10::uuid IS NOT NULL AND s.user_id IS DISTINCT FROM $10))),
    others AS (
      DELETE FROM flow.sessions s USING saved
      WHERE s.user_id = $10 AND s.id <> saved.session_id AND $14::boolean),
    kept AS (
      UPDATE flow.sessions s SET user_epoch = $26 FROM saved
      WHERE s.id = saved.session_id AND s.user_id = $37::uuid AND $26::int IS NOT NULL AND $10::uuid IS NULL AND NOT $34::boolean),
    ended AS (DELETE FROM flow.sessions s USING saved WHERE s.user_id = $27::uuid AND s.id <> saved.session_id),
    burnt AS (DELETE FROM flow.resume_tokens t USING saved, live WHERE t.hash = live.hash),
    linked AS (
      INSERT INTO flow.resume_tokens (hash, flow_id, version_id, plan_id, step_id, user_id, body, expires_at)
      SELECT l.hash, $2, $33::uuid, $3, l.step, $5, l.body, now() + l.ttl
      FROM saved, unnest($29::bytea[], $30::text[], $31::bytea[], $32::interval[]) l(hash, step, body, ttl)
      ON CONFLICT (plan_id, step_id) DO UPDATE SET hash = excluded.hash, version_id = excluded.version_id,
        user_id = excluded.user_id, body = excluded.body, expires_at = excluded.expires_at),
    held AS MATERIALIZED (
      SELECT a.subject FROM saved, flow.attempts a
      JOIN (SELECT * FROM unnest($15::bytea[], $16::text[]) UNION ALL SELECT * FROM unnest($17::bytea[], $18::text[])) c(subject, credential)
        USING (subject, credential)
      ORDER BY a.subject, a.credential FOR UPDATE OF a),
    cleared AS (
      DELETE FROM flow.attempts a USING unnest($15::bytea[], $16::text[]) c(subject, credential), (SELECT count(*) FROM held) h
      WHERE (a.subject, a.credential) = (c.subject, c.credential) AND EXISTS (SELECT FROM saved)),
    returned AS (
      UPDATE flow.attempts a SET ${GIVEN_BACK}
      FROM (SELECT subject, credential, count(*)::int AS times FROM unnest($17::bytea[], $18::text[]) u(subject, credential) GROUP BY 1, 2) c,
        (SELECT count(*) FROM held) h
      WHERE (a.subject, a.credential) = (c.subject, c.credential) AND EXISTS (SELECT FROM saved)),
    sent AS (
      INSERT INTO flow.outbox (id, topic, body, due_at)
      SELECT o.id, o.topic, o.body, now() FROM saved, unnest($19::uuid[], $20::text[], $21::bytea[]) o(id, topic, body)),
    reputed AS (
      INSERT INTO flow.reputation AS r (identifier, ip, score, expires_at)
      SELECT e.identifier, $24::inet, sum(e.delta), now() + interval '1 day'
      FROM saved, unnest($22::text[], $23::int[]) e(identifier, delta) GROUP BY e.identifier
      ON CONFLICT (identifier, ip) DO UPDATE SET
        score = excluded.score + CASE WHEN r.expires_at > now() THEN r.score ELSE 0 END,
        expires_at = CASE WHEN r.expires_at > now() THEN r.expires_at ELSE excluded.expires_at END)
    SELECT session_id FROM saved`,
};

/** $1 SHA-256 of a resume token, $2 slug: a token of another flow is none. */
export const FIND_RESUMED: NamedStatement = {
  name: 'plan_find_resumed',
  text: `
    SELECT t.version_id, t.step_id, t.body, ${identity('id = t.user_id')} AS pending_identity
    FROM flow.resume_tokens t JOIN flow.flows f ON f.id = t.flow_id
    WHERE t.hash = $1 AND t.expires_at > now() AND f.slug = $2`,
};

/** $1 SHA-256 of the session cookie: every plan of that session is dropped. The row says whose it is, if anybody's. */
export const CANCEL: NamedStatement = {
  name: 'plan_cancel',
  text: `
    WITH here AS (SELECT session_id FROM flow.session_keys WHERE hash = $1 AND until IS NULL),
    gone AS (DELETE FROM flow.plans p USING here WHERE p.session_id = here.session_id)
    SELECT s.user_id FROM flow.sessions s JOIN here ON here.session_id = s.id
    WHERE s.expires_at > now() AND s.user_id IS NOT NULL`,
};
