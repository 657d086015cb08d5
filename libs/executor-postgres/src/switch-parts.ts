import type { CommitPart } from './commit-part.js';
import { MAY_LOG_IN, METHODS_PROVED } from './login-parts.js';
import { RETIRED_KEY_TTL } from './plan.statements.js';

/**
 * Locks the session that the browser leaves, and all sessions of the login set that the browser's switching cookie
 * names.
 */
const LOCKS = 's.id = :session OR s.login_set = :login_set::bytea';

/**
 * The sessions of the login set that the switching cookie names. Empty unless the browser's session is in that set, so
 * that a planted cookie cannot make a session join a set (docs/spec/sessions.md#user-switching).
 */
const MEMBERS = `members AS MATERIALIZED (
      SELECT m.* FROM locked m WHERE m.login_set = :login_set::bytea AND EXISTS (
        SELECT FROM locked own WHERE own.id = :session AND own.login_set = :login_set::bytea))`;

/** SQL condition: the session that the browser leaves still belongs to the same user, and is not bound to a device. */
const LEAVES = `EXISTS (
      SELECT FROM locked WHERE id = :session AND user_id = :from_user::uuid AND NOT is_bound)`;

/** The fields of a session that contain proofs of the user. A switch to the session removes them. */
const PROOFS = `'{proved,proved_at,devices,devices_at,second_factor}'::text[]`;

/**
 * The parts of a save that switch the browser to another session. Each needs the hashes of the old and the new secret
 * of the login set: `:login_set` (or null) and `:new_set`. All sessions of the set get the new secret, so that a stolen
 * or planted switching cookie is worthless afterwards. A login set has at most one session per user: a new session
 * replaces the old one.
 */
export const SWITCH_PARTS = {
  /** Logs the user in, in a new session, to which the plan moves. The session of the request loses its key. */
  add: {
    locks: LOCKS,
    first: MEMBERS,
    condition: `${LEAVES} AND ${MAY_LOG_IN}`,
    session: ':target_session::uuid',
    writes: `
    added AS (
      INSERT INTO flow.sessions (id, user_id, user_epoch, login_set, data, ttl, expires_at, cleanup_at)
      SELECT :target_session::uuid, :user::uuid, :epoch::int, :new_set::bytea,
        :data::jsonb || jsonb_build_object('devices_at', now(), 'login_at', now(), 'methods_at', ${METHODS_PROVED}),
        CASE WHEN :fixed_ttl::interval IS NULL THEN :sliding_ttl::interval END,
        now() + coalesce(:fixed_ttl::interval, :sliding_ttl::interval),
        now() + coalesce(:fixed_ttl::interval, :sliding_ttl::interval)
      FROM saved),
    fresh AS (INSERT INTO flow.session_keys (hash, session_id) SELECT :new_key::bytea, :target_session::uuid FROM saved),
    retired AS (
      UPDATE flow.session_keys k SET until = now() + ${RETIRED_KEY_TTL} FROM saved
      WHERE k.session_id = :session AND k.until IS NULL),
    rotated AS (
      UPDATE flow.sessions s SET login_set = :new_set::bytea FROM saved
      WHERE s.id = :session OR s.id IN (SELECT id FROM members WHERE user_id <> :user::uuid)),
    replaced AS (
      DELETE FROM flow.sessions s USING saved
      WHERE s.id <> :session AND s.id IN (SELECT id FROM members WHERE user_id = :user::uuid))`,
  },
  /**
   * Gives a live session of the set a new key, and removes the key of the request's session. If the target session has
   * ended, nothing is saved. Earlier proofs in the target session no longer count, only those of this plan.
   */
  switch: {
    locks: LOCKS,
    first: MEMBERS,
    condition: `${LEAVES} AND EXISTS (
      SELECT FROM members m JOIN directory.identities u ON u.id = m.user_id AND u.is_active AND u.epoch = m.user_epoch
      WHERE m.id = :target_session::uuid AND m.user_id = :user::uuid AND u.epoch = :epoch::int AND m.is_live AND NOT m.is_bound)`,
    writes: `
    fresh AS (INSERT INTO flow.session_keys (hash, session_id) SELECT :new_key::bytea, :target_session::uuid FROM saved),
    retired AS (
      UPDATE flow.session_keys k SET until = now() + ${RETIRED_KEY_TTL} FROM saved
      WHERE k.session_id IN (:session, :target_session::uuid) AND k.until IS NULL),
    rotated AS (
      UPDATE flow.sessions s SET login_set = :new_set::bytea FROM saved
      WHERE s.id IN (SELECT id FROM members WHERE id <> :target_session::uuid)),
    entered AS (
      UPDATE flow.sessions s SET login_set = :new_set::bytea, seen_at = now(),
        expires_at = CASE WHEN s.ttl IS NULL THEN s.expires_at ELSE now() + s.ttl END,
        data = s.data - ${PROOFS} || jsonb_build_object('methods_at', ${METHODS_PROVED})
          || CASE WHEN :proves::boolean THEN jsonb_build_object('proved_at', now()) ELSE '{}' END
      FROM saved WHERE s.id = :target_session::uuid)`,
  },
} as const satisfies Readonly<Record<string, CommitPart>>;
