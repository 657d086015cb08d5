import type { NamedStatement } from '@gatehouse/platform';

/** Minimum time between two updates of a session's `seen_at`. */
const SEEN_INTERVAL = `interval '5 minutes'`;

/** SQL for a user as one JSON value. The database client parses one value faster than many columns. */
const identityJson = (condition: string, columns = '') => `(
      SELECT row_to_json(u) FROM (
        SELECT 'saved' AS kind, id AS uuid, pk, username, name, email, is_active, epoch, locale${columns}
        FROM directory.identities WHERE ${condition}) u)`;

/**
 * SQL for the `attributes` of the user with this id. `parameter` says whether to load them; if it is false, the value
 * is null.
 */
export const attributesColumn = (id: string, parameter: string) =>
  `CASE WHEN ${parameter}::boolean THEN (SELECT a.attributes FROM directory.user_attributes a WHERE a.id = ${id}) END AS attributes`;

/**
 * SQL condition that the session's login verified a device less than `within` ago. `from` is the prefix of the columns,
 * such as `s.`.
 */
export const deviceProvedCondition = (from: string, within: string) =>
  `${from}data->'second_factor' = 'true' AND (${from}data->>'login_at')::timestamptz > now() - ${within}`;

/**
 * SQL condition that the session's user was verified less than `within` ago, by the login or a later proof in the
 * session. `from` is the prefix of the columns, such as `s.`.
 */
export const recentIn = (from: string, within: string) =>
  `(${from}data->'proved' = 'true' AND (${from}data->>'login_at')::timestamptz > now() - ${within}
    OR (${from}data->>'proved_at')::timestamptz > now() - ${within})`;

/** SQL for the devices that were proved in the session less than `within` ago. */
const provedDevices = (within: string) =>
  `CASE WHEN (s.data->>'devices_at')::timestamptz > now() - ${within} THEN s.data->'devices' END AS devices`;

/**
 * SQL for the methods by which the user of a session `s` has authenticated, with the seconds since 1970 at which each
 * was proved. A session from before version 1.0 has only `amr`, and the time of its login.
 */
export const METHODS_AT = `coalesce(s.data->'methods_at', (
            SELECT jsonb_object_agg(method, extract(epoch FROM (s.data->>'login_at')::timestamptz)::float8)
            FROM jsonb_array_elements_text(s.data->'amr') method))`;

const OF_SESSION = `, is_superuser, debug, ${attributesColumn('identities.id', '$3')}, s.data->>'last_ip' AS last_ip,
          ${deviceProvedCondition('s.', '$5::interval')} AS proved, ${recentIn('s.', '$6::interval')} AS recent,
          ${provedDevices('$5::interval')},
          extract(epoch FROM now() - (s.data->>'login_at')::timestamptz)::float8 AS login_age,
          ${METHODS_AT} AS methods_at, extract(epoch FROM now())::float8 AS read_at`;

/**
 * Loads a flow with the visitor's session, user and plan. $1 slug of the flow, $2 SHA-256 of the session cookie, $3
 * whether to load the user's attributes. Intervals: $4 lifetime of a plan, $5 how long a login proves a device, $6 how
 * long a login proves its user, $7 lifetime of an anonymous session that has answered a challenge.
 *
 * The row contains the id of the flow's current version, so that a gateway with an old cache does not start a plan on
 * an older version, and during a weighted rollout the candidate. A plan of any other version is outdated when $4 has
 * passed since its start. Saves do not extend that time, so that an operator's change reaches every visitor after $4 at
 * the latest (docs/security.md#accident-57).
 */
export const LOAD_FLOW: NamedStatement = {
  name: 'plan_load',
  text: `
    SELECT f.id AS flow_id, f.version_id AS current_version_id,
      CASE WHEN f.candidate_until > now() THEN f.candidate_id END AS candidate_id, f.candidate_share,
      (SELECT revision FROM flow.brand_sets) AS brands_revision,
      k.until IS NOT NULL AS retired, s.id AS session_id,
      CASE WHEN s.ttl IS NULL THEN extract(epoch FROM s.expires_at - now())::float8 END AS session_left_s, s.seen_at < now() - ${SEEN_INTERVAL} AS unseen,
      s.user_id IS NULL AND s.ttl < $7::interval AS unanswered,
      p.id AS plan_id, p.revision, p.version_id, p.body,
      p.version_id <> f.version_id AND p.begun_at <= now() - $4::interval
        AND (p.version_id = f.candidate_id AND f.candidate_until > now()) IS NOT TRUE AS outdated,
      CASE WHEN s.user_id IS NOT NULL AND k.until IS NULL THEN ${identityJson('id = s.user_id AND is_active AND epoch = s.user_epoch', OF_SESSION)} END AS session_identity,
      CASE WHEN p.pending_user_id IS NOT NULL THEN ${identityJson('id = p.pending_user_id')} END AS pending_identity
    FROM flow.flows f
    LEFT JOIN flow.session_keys k ON k.hash = $2 AND (k.until IS NULL OR k.until > now())
    LEFT JOIN flow.sessions s ON s.id = k.session_id AND s.expires_at > now()
    LEFT JOIN flow.plans p ON p.session_id = s.id AND p.flow_id = f.id AND p.expires_at > now()
    WHERE f.slug = $1`,
};

/**
 * SQL for the stored hash of a session key whose session `id` is bound to a device. Calculates the same value as
 * `boundSessionKey`.
 */
export const boundKey = (hash: string, id: string) => `sha256(${hash}::bytea || uuid_send(${id}))`;

/** Returns a row if a session key is stored. $1 SHA-256 of the key, $2 id of its session. */
export const FIND_SESSION_KEY: NamedStatement = {
  name: 'session_key_find',
  text: `SELECT FROM flow.session_keys WHERE hash IN ($1, ${boundKey('$1', '$2::uuid')})`,
};

/**
 * SQL for the stored hash of the new key of a session, which is a row of LOCKED_SESSION. `staysBound` is a condition on
 * that row.
 */
export const newKeyHash = (hash: string, locked: string, staysBound = 'true') =>
  `CASE WHEN ${locked}.is_bound AND ${staysBound} THEN ${boundKey(hash, `${locked}.id`)} ELSE ${hash} END`;

/**
 * Columns of a session `s` that is locked to get a new key: its id and user, whether it is bound to a device and live,
 * and its login set.
 */
export const LOCKED_SESSION = `s.id, s.user_id, s.user_epoch, s.device_key IS NOT NULL AS is_bound, s.login_set,
        s.expires_at > now() AS is_live`;

/** Updates a session's `seen_at`, and extends a session with a sliding lifetime. $1 id of the session. */
export const TOUCH_SESSION: NamedStatement = {
  name: 'session_seen',
  text: `UPDATE flow.sessions SET seen_at = now(), expires_at = CASE WHEN ttl IS NULL THEN expires_at ELSE now() + ttl END
         WHERE id = $1 AND seen_at < now() - ${SEEN_INTERVAL}`,
};

/** How long a client with a retired key can still get the end of its plan (docs/spec/sessions.md#session-keys). */
export const RETIRED_KEY_TTL = `interval '10 seconds'`;

/**
 * SQL for the values of a new plan's columns, except the id of its session. The parameters are those of `CREATE_PLAN`.
 */
const NEW_PLAN = '$2, $3, 0, $4, $5, $6, now() + $7::interval, now() + $7::interval, $10::int, $11::bytea';
const PLAN_COLUMNS =
  '(session_id, flow_id, id, revision, version_id, pending_user_id, body, expires_at, cleanup_at, progress, network)';
const REPLACE = `
    ON CONFLICT (session_id, flow_id) DO UPDATE SET id = excluded.id, revision = excluded.revision,
      version_id = excluded.version_id, pending_user_id = excluded.pending_user_id, body = excluded.body,
      expires_at = excluded.expires_at, begun_at = excluded.begun_at, progress = excluded.progress,
      network = excluded.network
    WHERE (plans.id = $8 AND plans.revision = $9) OR plans.expires_at <= now()
    RETURNING session_id`;

/**
 * Stores a new plan. Replaces the session's plan of the flow if that plan has expired or is the one in $8. Otherwise
 * stores nothing and returns no row. Ids: $1 session, $2 flow, $3 new plan, $4 flow version, $5 pending user or null.
 * $6 encrypted body, $7 lifetime (interval), $8 id and $9 revision of the plan to replace, or null, $10 progress: 1 if
 * a mailed link continues the replaced plan, else 0, $11 keyed hash of the client's network.
 */
export const CREATE_PLAN: NamedStatement = {
  name: 'plan_begin',
  conditional: true,
  text: `INSERT INTO flow.plans ${PLAN_COLUMNS} SELECT s.id, ${NEW_PLAN}
         FROM flow.sessions s WHERE s.id = $1 FOR KEY SHARE ${REPLACE}`,
};

/**
 * Stores a new plan with the parameters and conditions of CREATE_PLAN, and gives its session a new key. $12 is the
 * key's SHA-256. The key is replaced if and only if the plan is stored.
 */
export const CREATE_PLAN_AND_KEY: NamedStatement = {
  name: 'plan_begin_with_key',
  conditional: true,
  text: `
    WITH session AS MATERIALIZED (SELECT ${LOCKED_SESSION} FROM flow.sessions s WHERE s.id = $1 FOR UPDATE),
    saved AS (
      INSERT INTO flow.plans ${PLAN_COLUMNS} SELECT session.id, ${NEW_PLAN} FROM session
      ${REPLACE}),
    retired AS (
      UPDATE flow.session_keys k SET until = now() + ${RETIRED_KEY_TTL} FROM saved
      WHERE k.session_id = saved.session_id AND k.until IS NULL),
    fresh AS (INSERT INTO flow.session_keys (hash, session_id)
      SELECT ${newKeyHash('$12', 'session')}, session.id FROM saved JOIN session ON session.id = saved.session_id)
    SELECT session_id FROM saved`,
};

/**
 * Stores a new plan with the parameters and conditions of CREATE_PLAN, in a new session with the id $1. $12 SHA-256 of
 * the session's key, $13 its sliding lifetime (interval), $14 id of the visitor's old session, whose plan of the flow
 * is deleted, or null. If a mailed link continues the old plan in the new session, the old plan has not ended. Then its
 * row is only marked as expired, and the cleaner deletes it without a journey record (docs/spec/journeys.md).
 */
export const CREATE_PLAN_AND_SESSION: NamedStatement = {
  name: 'plan_begin_with_session',
  conditional: true,
  text: `
    WITH session AS (
      INSERT INTO flow.sessions (id, ttl, expires_at, cleanup_at)
      VALUES ($1, $13::interval, now() + $13::interval, now() + $13::interval) RETURNING id),
    key AS (INSERT INTO flow.session_keys (hash, session_id) SELECT $12, id FROM session),
    moved AS (
      UPDATE flow.plans p SET progress = 2, expires_at = now(), cleanup_at = now() FROM session
      WHERE p.session_id = $14 AND p.flow_id = $2 AND $10::int > 0),
    left_behind AS (
      DELETE FROM flow.plans p USING session WHERE p.session_id = $14 AND p.flow_id = $2 AND $10::int = 0)
    INSERT INTO flow.plans ${PLAN_COLUMNS} SELECT session.id, ${NEW_PLAN} FROM session
    ${REPLACE}`,
};

/**
 * Finds the plan of a mailed link. $1 SHA-256 of the resume token, $2 slug of the flow. Finds nothing if the token
 * belongs to another flow.
 */
export const LOAD_PLAN_BY_TOKEN: NamedStatement = {
  name: 'plan_find_resumed',
  text: `
    SELECT t.version_id, t.plan_id, t.step_id, t.body, ${identityJson('id = t.user_id')} AS pending_identity
    FROM flow.resume_tokens t JOIN flow.flows f ON f.id = t.flow_id
    WHERE t.hash = $1 AND t.expires_at > now() AND f.slug = $2`,
};

/** Returns the slugs of the flows of a session's plans, the last saved first. $1 SHA-256 of the session cookie. */
export const LIST_PLAN_SLUGS: NamedStatement = {
  name: 'plan_slugs',
  text: `
    SELECT f.slug FROM flow.session_keys k
    JOIN flow.plans p ON p.session_id = k.session_id AND p.expires_at > now()
    JOIN flow.flows f ON f.id = p.flow_id
    WHERE k.hash = $1 AND k.until IS NULL ORDER BY p.expires_at DESC LIMIT 20`,
};

/**
 * Adds a plan that was never stored to the queue of plans to count. Ids: $1 plan, $2 flow, $3 flow version. $4 outcome,
 * $5 keyed hash of the client's network.
 */
export const RECORD_UNSTORED: NamedStatement = {
  name: 'plan_count_unstored',
  text: `INSERT INTO flow.unrecorded_plans (plan_id, flow_id, version_id, begun_at, outcome, network)
         VALUES ($1, $2, $3, now(), $4, $5) ON CONFLICT DO NOTHING`,
};

/** SQL for a column `abandoned`: the flows of the unfinished plans that the table expression `plans` has deleted. */
export const abandonedBy = (plans: string) => `(
      SELECT json_agg(json_build_object('slug', f.slug, 'designation', f.designation))
      FROM ${plans} p JOIN flow.flows f ON f.id = p.flow_id WHERE p.progress < 2) AS abandoned`;

/**
 * Deletes every plan of a session. Returns the session's user and one deleted plan: the plan of the flow $2 or, if $2
 * is null, the plan that was saved last. $1 SHA-256 of the session cookie, $2 slug of a flow or null.
 */
export const DROP_PLANS: NamedStatement = {
  name: 'plan_cancel',
  text: `
    WITH here AS (SELECT session_id FROM flow.session_keys WHERE hash = $1 AND until IS NULL),
    gone AS (
      DELETE FROM flow.plans p USING here WHERE p.session_id = here.session_id
      RETURNING p.flow_id, p.id, p.revision, p.body, p.expires_at, p.progress)
    SELECT s.user_id, f.slug, gone.id, gone.revision, gone.body, ${abandonedBy('gone')}
    FROM here JOIN flow.sessions s ON s.id = here.session_id AND s.expires_at > now()
    LEFT JOIN (gone JOIN flow.flows f ON f.id = gone.flow_id AND ($2::text IS NULL OR f.slug = $2)) ON gone.expires_at > now()
    ORDER BY gone.expires_at DESC NULLS LAST LIMIT 1`,
};
