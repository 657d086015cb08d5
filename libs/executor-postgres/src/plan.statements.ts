import type { NamedStatement } from '@gatehouse/platform';

/** Seconds since a session was last noted as seen after which it is noted again. */
const SEEN_INTERVAL = `interval '5 minutes'`;

/**
 * A user as one value: seven columns fewer to describe and read, for each of which a client pays with every row.
 * Looked for only where there is somebody to find.
 */
const identityJson = (who: string, columns = '') => `(
      SELECT row_to_json(u) FROM (
        SELECT 'saved' AS kind, id AS uuid, pk, username, name, email, is_active, epoch, locale${columns}
        FROM directory.identities WHERE ${who}) u)`;

/** The attributes of the user whose id is named, where the parameter says that they are wanted. */
export const attributesColumn = (id: string, wanted: string) =>
  `CASE WHEN ${wanted}::boolean THEN (SELECT a.attributes FROM directory.user_attributes a WHERE a.id = ${id}) END AS attributes`;

/** Whether a device was proved by the login of a session, within an interval; its columns are those of `from`. */
export const deviceProvedCondition = (from: string, within: string) =>
  `${from}data->'second_factor' = 'true' AND (${from}data->>'login_at')::timestamptz > now() - ${within}`;

/** Whether the login of a session proved its user, within an interval; its columns are those of `from`. */
export const recentIn = (from: string, within: string) =>
  `${from}data->'proved' = 'true' AND (${from}data->>'login_at')::timestamptz > now() - ${within}`;

const OF_SESSION = `, is_superuser, debug, ${attributesColumn('identities.id', '$3')}, s.data->>'last_ip' AS last_ip,
          ${deviceProvedCondition('s.', '$5::interval')} AS proved, ${recentIn('s.', '$6::interval')} AS recent`;

/**
 * $1 slug, $2 SHA-256 of the session cookie, $3 whether attributes are wanted, $4 how long a plan lasts, $5 how long the
 * proof of a device counts, $6 how long a login counts as a proof. The pointer to the newest version is read here, so no cache goes stale; a plan of an older one
 * is outdated by so long after it was begun, however often it is saved, so that what an operator changes holds for
 * everybody by then (docs/security.md#accident-57).
 */
export const LOAD_FLOW: NamedStatement = {
  name: 'plan_load',
  text: `
    SELECT f.id AS flow_id, f.version_id AS newest_version_id,
      (SELECT revision FROM flow.brand_sets) AS brands_revision,
      k.until IS NOT NULL AS retired, s.id AS session_id,
      CASE WHEN s.ttl IS NULL THEN extract(epoch FROM s.expires_at - now())::float8 END AS session_left_s, s.seen_at < now() - ${SEEN_INTERVAL} AS unseen,
      p.id AS plan_id, p.revision, p.version_id, p.body,
      p.version_id <> f.version_id AND p.begun_at <= now() - $4::interval AS outdated,
      CASE WHEN s.user_id IS NOT NULL AND k.until IS NULL THEN ${identityJson('id = s.user_id AND is_active AND epoch = s.user_epoch', OF_SESSION)} END AS session_identity,
      CASE WHEN p.pending_user_id IS NOT NULL THEN ${identityJson('id = p.pending_user_id')} END AS pending_identity
    FROM flow.flows f
    LEFT JOIN flow.session_keys k ON k.hash = $2 AND (k.until IS NULL OR k.until > now())
    LEFT JOIN flow.sessions s ON s.id = k.session_id AND s.expires_at > now()
    LEFT JOIN flow.plans p ON p.session_id = s.id AND p.flow_id = f.id AND p.expires_at > now()
    WHERE f.slug = $1`,
};

/** $1 session. A session that slides is prolonged when it is seen. */
export const TOUCH_SESSION: NamedStatement = {
  name: 'session_seen',
  text: `UPDATE flow.sessions SET seen_at = now(), expires_at = CASE WHEN ttl IS NULL THEN expires_at ELSE now() + ttl END
         WHERE id = $1 AND seen_at < now() - ${SEEN_INTERVAL}`,
};

/** How long a key that was replaced still learns how its plan ended (docs/spec/sessions.md#session-keys). */
export const RETIRED_KEY_TTL = `interval '10 seconds'`;

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
export const CREATE_PLAN: NamedStatement = {
  name: 'plan_begin',
  text: `INSERT INTO flow.plans ${PLAN_COLUMNS} SELECT s.id, $2, $3, 0, $4, $5, $6, now() + $7::interval
         FROM flow.sessions s WHERE s.id = $1 FOR KEY SHARE ${REPLACE}`,
};

/** As CREATE_PLAN. The key of the session is replaced by $10 in the same statement, if and only if the plan is stored. */
export const CREATE_PLAN_AND_KEY: NamedStatement = {
  name: 'plan_begin_with_key',
  text: `
    WITH session AS MATERIALIZED (SELECT s.id FROM flow.sessions s WHERE s.id = $1 FOR UPDATE),
    saved AS (
      INSERT INTO flow.plans ${PLAN_COLUMNS} SELECT session.id, $2, $3, 0, $4, $5, $6, now() + $7::interval FROM session
      ${REPLACE}),
    retired AS (
      UPDATE flow.session_keys k SET until = now() + ${RETIRED_KEY_TTL} FROM saved
      WHERE k.session_id = saved.session_id AND k.until IS NULL),
    fresh AS (INSERT INTO flow.session_keys (hash, session_id) SELECT $10, session_id FROM saved)
    SELECT session_id FROM saved`,
};

/** As CREATE_PLAN, with the session $1 and its key $10 made in the same statement; $11 is how long strangers' sessions last. */
export const CREATE_PLAN_AND_SESSION: NamedStatement = {
  name: 'plan_begin_with_session',
  text: `
    WITH session AS (
      INSERT INTO flow.sessions (id, ttl, expires_at) VALUES ($1, $11::interval, now() + $11::interval) RETURNING id),
    key AS (INSERT INTO flow.session_keys (hash, session_id) SELECT $10, id FROM session)
    INSERT INTO flow.plans ${PLAN_COLUMNS} SELECT session.id, $2, $3, 0, $4, $5, $6, now() + $7::interval FROM session
    ${REPLACE}`,
};

/** $1 SHA-256 of a resume token, $2 slug: a token of another flow is none. */
export const LOAD_PLAN_BY_TOKEN: NamedStatement = {
  name: 'plan_find_resumed',
  text: `
    SELECT t.version_id, t.step_id, t.body, ${identityJson('id = t.user_id')} AS pending_identity
    FROM flow.resume_tokens t JOIN flow.flows f ON f.id = t.flow_id
    WHERE t.hash = $1 AND t.expires_at > now() AND f.slug = $2`,
};

/** $1 SHA-256 of the session cookie. */
export const LIST_PLAN_SLUGS: NamedStatement = {
  name: 'plan_slugs',
  text: `
    SELECT f.slug FROM flow.session_keys k
    JOIN flow.plans p ON p.session_id = k.session_id AND p.expires_at > now()
    JOIN flow.flows f ON f.id = p.flow_id
    WHERE k.hash = $1 AND k.until IS NULL ORDER BY p.expires_at DESC LIMIT 20`,
};

/** $1 SHA-256 of the session cookie: every plan of that session is dropped. The row says whose it is, if anybody's. */
export const DROP_PLANS: NamedStatement = {
  name: 'plan_cancel',
  text: `
    WITH here AS (SELECT session_id FROM flow.session_keys WHERE hash = $1 AND until IS NULL),
    gone AS (DELETE FROM flow.plans p USING here WHERE p.session_id = here.session_id)
    SELECT s.user_id FROM flow.sessions s JOIN here ON here.session_id = s.id
    WHERE s.expires_at > now() AND s.user_id IS NOT NULL`,
};
