import { RELEASED_COLUMNS } from './attempt.statements.js';
import type { CommitPart } from './commit-part.js';
import { isOwnLogin, LOGIN_PARTS } from './login-parts.js';
import { MAX_PENDING_SOURCE_LOGINS } from './pending-source-login.rows.js';
import { abandonedBy, newKeyHash, RETIRED_KEY_TTL } from './plan.statements.js';
import { SWITCH_PARTS } from './switch-parts.js';

/** Largest number of login places of a user that are kept for policies. */
const MAX_LOGIN_PLACES = 100;
/** How long the place of a login is kept for policies. */
const LOGIN_PLACE_TTL = `interval '90 days'`;

/**
 * All parts of the save statement, by name. A statement contains the parts that its commit needs, in this order. All
 * saves lock rows in this order, so that they cannot deadlock.
 */
export const COMMIT_PARTS = {
  /**
   * Replaces the session's key: retires the current key for a few seconds and inserts the new one. If the session stays
   * bound to a device, so is its new key (docs/spec/device-bound-sessions.md#session-key).
   */
  key: {
    locks: 's.id = :session',
    writes: `
    retired AS (
      UPDATE flow.session_keys k SET until = now() + ${RETIRED_KEY_TTL} FROM saved
      WHERE k.session_id = saved.session_id AND k.until IS NULL),
    fresh AS (INSERT INTO flow.session_keys (hash, session_id)
      SELECT ${newKeyHash(':new_key::bytea', 'locked', `(:keeps_user::boolean OR ${isOwnLogin('locked')})`)}, locked.id
      FROM saved JOIN locked ON locked.id = saved.session_id)`,
  },
  ...LOGIN_PARTS,
  ...SWITCH_PARTS,
  /**
   * Stores the place and the browser of the login, if a policy compares logins with earlier ones. Keeps the newest
   * logins of the user (docs/spec/policies.md#login-places).
   */
  place: {
    writes: `
    outdated AS (
      DELETE FROM flow.login_places WHERE id IN (
        SELECT l.id FROM flow.login_places l JOIN saved ON l.user_id = :user
        ORDER BY l.id DESC OFFSET ${MAX_LOGIN_PLACES - 1})),
    placed AS (
      INSERT INTO flow.login_places (user_id, country, latitude, longitude, device, expires_at)
      SELECT :user, :country::text, :latitude::numeric, :longitude::numeric, :device::text, now() + ${LOGIN_PLACE_TTL}
      FROM saved WHERE flow.needs_login_places())`,
  },
  /** Deletes all other sessions of the user who logs in, if the login stage says so (`terminate_other_sessions`). */
  alone: {
    locks: 's.user_id = :user',
    writes: `
    others AS (DELETE FROM flow.sessions s USING saved WHERE s.user_id = :user AND s.id <> saved.session_id)`,
  },
  /**
   * Makes the session anonymous, with the lifetime of an anonymous session, ends its binding to a device and its
   * membership in the logins of the browser, and deletes its plans of other flows and the applications to which it has
   * signed in.
   */
  logout: {
    writes: `
    logout AS (
      UPDATE flow.sessions s SET user_id = NULL, user_epoch = NULL, device_key = NULL, login_set = NULL, data = '{}',
        seen_at = now(),
        ttl = :anonymous_ttl::interval, expires_at = now() + :anonymous_ttl::interval,
        cleanup_at = now() + :anonymous_ttl::interval
      FROM saved WHERE s.id = saved.session_id),
    flushed AS (
      DELETE FROM flow.plans p USING saved WHERE p.session_id = saved.session_id AND p.flow_id <> :flow
      RETURNING p.flow_id, p.progress),
    signed_out AS (DELETE FROM flow.signed_in_applications a USING saved WHERE a.session_id = saved.session_id)`,
    returns: abandonedBy('flushed'),
  },
  /**
   * Records the application to which the session has signed in. If the session then has too many, deletes those with
   * the oldest sign-ins (docs/spec/sessions.md#signed-in-applications).
   */
  sign_in: {
    locks: 's.id = :session',
    writes: `
    outnumbered AS (
      DELETE FROM flow.signed_in_applications WHERE (session_id, client_id) IN (
        SELECT a.session_id, a.client_id FROM flow.signed_in_applications a JOIN saved USING (session_id)
        WHERE a.client_id <> :signed_in_client::text ORDER BY a.signed_in_at DESC OFFSET :other_applications)),
    signed_in AS (
      INSERT INTO flow.signed_in_applications (session_id, client_id)
      SELECT saved.session_id, :signed_in_client::text FROM saved
      ON CONFLICT (session_id, client_id) DO UPDATE SET signed_in_at = excluded.signed_in_at)`,
  },
  /** Gives an anonymous session its full lifetime, because the visitor has answered a challenge. */
  extend: {
    locks: 's.id = :session',
    writes: `
    extended AS (
      UPDATE flow.sessions s SET seen_at = now(), ttl = :full_ttl::interval, expires_at = now() + :full_ttl::interval
      FROM saved WHERE s.id = saved.session_id AND s.user_id IS NULL)`,
  },
  /** Records in the session that its user was verified, and which devices were proved. */
  prove: {
    locks: 's.id = :session',
    writes: `
    proved AS (
      UPDATE flow.sessions s SET data = s.data
        || CASE WHEN :is_verified::boolean THEN jsonb_build_object('proved_at', now()) ELSE '{}' END
        || CASE WHEN :proved_devices::jsonb = '[]' THEN '{}'
           ELSE jsonb_build_object('devices', :proved_devices::jsonb, 'devices_at', now()) END
      FROM saved WHERE s.id = saved.session_id AND s.user_id = :proved_user)`,
  },
  /** Gives the session the new epoch of its user, so that it does not end with the user's other sessions. */
  keep: {
    writes: `
    kept AS (
      UPDATE flow.sessions s SET user_epoch = :kept_epoch FROM saved
      WHERE s.id = saved.session_id AND s.user_id = :kept_user)`,
  },
  /** Deletes all sessions of a user except the session of the plan, for the effect `end_sessions`. */
  end: {
    locks: 's.user_id = :gone_user',
    writes: `
    gone AS (DELETE FROM flow.sessions s USING saved WHERE s.user_id = :gone_user AND s.id <> saved.session_id)`,
  },
  /**
   * Uses up mailed links: the one with the given token hash, the one of the given step of this plan, or both. If one of
   * them was used before or has expired, nothing is saved.
   */
  burn: {
    first: `live AS MATERIALIZED (
      SELECT t.hash FROM flow.resume_tokens t
      WHERE (t.hash = :burnt_hash OR (t.plan_id = :plan AND t.step_id = :burnt_step)) AND t.expires_at > now() FOR UPDATE)`,
    condition: '(SELECT count(*) FROM live) >= num_nonnulls(:burnt_hash::bytea, :burnt_step::text)',
    writes: `
    burnt AS (DELETE FROM flow.resume_tokens t USING saved, live WHERE t.hash = live.hash)`,
  },
  /**
   * Stores mailed links, each with the hash of its token and an encrypted copy of the plan. A step's new link replaces
   * its old one.
   */
  link: {
    writes: `
    linked AS (
      INSERT INTO flow.resume_tokens (hash, flow_id, version_id, plan_id, step_id, user_id, body, expires_at)
      SELECT l.hash, :flow, :version::uuid, :plan, l.step, :pending_user, l.body, now() + l.ttl
      FROM saved, unnest(:link_hashes::bytea[], :link_steps::text[], :link_bodies::bytea[], :link_ttls::interval[]) l(hash, step, body, ttl)
      ON CONFLICT (plan_id, step_id) DO UPDATE SET hash = excluded.hash, version_id = excluded.version_id,
        user_id = excluded.user_id, body = excluded.body, expires_at = excluded.expires_at)`,
  },
  /**
   * Resets and releases attempts. `held` locks the rows of their counters in the order of subject and credential, so
   * that two saves cannot deadlock. `cleared` resets counters. `returned` releases attempts. `times` is the number of
   * attempts to release, or null for a reset.
   */
  settle: {
    writes: `
    held AS MATERIALIZED (
      SELECT c.* FROM saved, (
        SELECT subject, credential, NULL::int AS times, NULL::timestamptz AS taken_at
        FROM unnest(:cleared_subjects::bytea[], :cleared_credentials::text[]) u(subject, credential)
        UNION ALL SELECT subject, credential, count(*)::int, max(taken_at)
        FROM unnest(:returned_subjects::bytea[], :returned_credentials::text[], :returned_times::timestamptz[])
          u(subject, credential, taken_at) GROUP BY 1, 2
        ORDER BY subject, credential
      ) c CROSS JOIN LATERAL (
        SELECT FROM flow.attempts a WHERE (a.subject, a.credential) = (c.subject, c.credential) FOR UPDATE) a),
    cleared AS (
      DELETE FROM flow.attempts a USING held c
      WHERE (a.subject, a.credential) = (c.subject, c.credential) AND c.times IS NULL),
    returned AS (
      UPDATE flow.attempts a SET ${RELEASED_COLUMNS} FROM held c
      WHERE (a.subject, a.credential) = (c.subject, c.credential) AND c.times IS NOT NULL)`,
  },
  /**
   * Inserts the commit's mails and events into the outbox, to be delivered at once. The rows get their numbers while
   * the plan is locked, so the events of a plan are in the order of its revisions.
   */
  send: {
    writes: `
    sent AS (
      INSERT INTO flow.outbox (id, topic, body, user_id, due_at)
      SELECT o.id, o.topic, o.body, o.user_id, now()
      FROM saved, unnest(:ids::uuid[], :topics::text[], :bodies::bytea[], :users::uuid[]) o(id, topic, body, user_id))`,
  },
  /**
   * Changes the reputation of identifiers (such as typed user names) at the client's address. A score expires a day
   * after its first change. `lowest` and `highest` limit it, and are null without a limit.
   */
  rate: {
    writes: `
    rated AS (
      INSERT INTO flow.reputation AS r (identifier, ip, score, expires_at)
      SELECT e.identifier, :client_ip::inet, greatest(:lowest::int, least(:highest::int, sum(e.delta))), now() + interval '1 day'
      FROM saved, unnest(:identifiers::text[], :deltas::int[]) e(identifier, delta) GROUP BY e.identifier
      ON CONFLICT (identifier, ip) DO UPDATE SET
        score = greatest(:lowest::int, least(:highest::int,
          excluded.score + CASE WHEN r.expires_at > now() THEN r.score ELSE 0 END)),
        expires_at = CASE WHEN r.expires_at > now() THEN r.expires_at ELSE excluded.expires_at END)`,
  },
  /** Stores pending source logins. If the session then has too many, deletes those that expire first. */
  part: {
    writes: `
    forgotten AS (
      DELETE FROM flow.source_logins WHERE hash IN (
        SELECT l.hash FROM flow.source_logins l JOIN saved USING (session_id)
        ORDER BY l.expires_at DESC OFFSET ${MAX_PENDING_SOURCE_LOGINS - 1})),
    parted AS (
      INSERT INTO flow.source_logins (hash, session_id, source_id, body, expires_at)
      SELECT l.hash, saved.session_id, l.source, l.body, now() + :parted_lifetime::interval
      FROM saved, unnest(:parted_hashes::bytea[], :parted_sources::uuid[], :parted_bodies::bytea[]) l(hash, source, body))`,
  },
  /** Inserts the journey record (docs/spec/journeys.md) of the plan that has ended. */
  journey: {
    writes: `
    recorded AS (
      INSERT INTO flow.journeys (plan_id, flow_id, version_id, version, begun_at, ended_at, outcome, logged_in, reason,
        steps, verdicts, client, network, user_id)
      SELECT :plan, :flow, :version::uuid, (SELECT v.number FROM flow.flow_versions v WHERE v.id = :version::uuid),
        saved.begun_at, now(), :outcome::text, :logged_in::boolean, :reason::text,
        :steps::jsonb, :verdicts::jsonb, :client::jsonb, saved.network, :journey_user::uuid
      FROM saved)`,
  },
  /** Adds the ended plan to the queue of plans to count. It then gets no journey record. */
  count: {
    writes: `
    counted AS (
      INSERT INTO flow.unrecorded_plans (plan_id, flow_id, version_id, begun_at, outcome, network)
      SELECT :plan, :flow, :version::uuid, saved.begun_at, :outcome::text, saved.network FROM saved ON CONFLICT DO NOTHING)`,
  },
} as const satisfies Readonly<Record<string, CommitPart>>;

export type CommitPartName = keyof typeof COMMIT_PARTS;
