import type { CommitPart } from './commit-part.js';
import { abandonedBy, METHODS_AT } from './plan.statements.js';

/**
 * SQL condition on a session: its user is the user who logs in, with the same epoch, so that a session that has ended
 * does not match. Only a login into such a session keeps the session's binding to a device.
 */
export const isOwnLogin = (session: string) =>
  `(${session}.user_id = :user::uuid AND ${session}.user_epoch = :epoch::int)`;

/** SQL condition: the user who logs in is active, and the epoch has not changed since the plan identified the user. */
export const MAY_LOG_IN = 'EXISTS (SELECT FROM directory.identities WHERE id = :user AND is_active AND epoch = :epoch)';

/** SQL for `data->'methods_at'` with the methods that the plan has proved, and their times. */
export const METHODS_PROVED = `(
            SELECT coalesce(jsonb_object_agg(method, extract(epoch FROM now())::float8), '{}')
            FROM unnest(:methods::text[]) method)`;

/**
 * SQL for the login set of a session `s` after a login: the session stays in its set only if its user logs in again.
 */
const OWN_SET = 'CASE WHEN s.user_id = :user THEN s.login_set END';

/**
 * Returns the SQL with the changes of a login. `loginSet` is SQL for the login set of the session `s` after the login.
 */
const loginWrites = (loginSet: string) => `
    login AS (
      UPDATE flow.sessions s SET user_id = :user, seen_at = now(),
        data = :data::jsonb || jsonb_build_object('devices_at', now(), 'login_at',
          CASE WHEN s.user_id = :user AND NOT :proves::boolean THEN coalesce(s.data->'login_at', to_jsonb(now()))
          ELSE to_jsonb(now()) END, 'methods_at',
          CASE WHEN s.user_id = :user THEN coalesce(${METHODS_AT}, '{}') ELSE '{}' END || ${METHODS_PROVED}),
        user_epoch = :epoch, device_key = CASE WHEN ${isOwnLogin('s')} THEN s.device_key END,
        login_set = ${loginSet},
        ttl = CASE WHEN :fixed_ttl::interval IS NULL THEN :sliding_ttl::interval END,
        expires_at = now() + coalesce(:fixed_ttl::interval, :sliding_ttl::interval),
        cleanup_at = now() + coalesce(:fixed_ttl::interval, :sliding_ttl::interval)
      FROM saved WHERE s.id = saved.session_id),
    flushed AS (
      DELETE FROM flow.plans p USING saved, flow.sessions s
      WHERE s.id = saved.session_id AND p.session_id = s.id AND p.flow_id <> :flow AND s.user_id IS DISTINCT FROM :user
      RETURNING p.flow_id, p.progress),
    recalled AS (
      DELETE FROM flow.source_logins l USING saved, flow.sessions s
      WHERE s.id = saved.session_id AND l.session_id = s.id AND s.user_id IS DISTINCT FROM :user)`;

/** The parts of a save that log a user in, within the session of the plan. */
export const LOGIN_PARTS = {
  /**
   * Logs the user in. Saves nothing if the account is inactive or its epoch has changed. Deletes the plans and pending
   * source logins that another user, or an anonymous visitor, started in this session. If the session's own user logs
   * in again, methods that were proved before keep their times, and the time of the login changes only if the plan has
   * proved something. Keeps the binding to a device only if the session is live and has the same user. Keeps the
   * membership in the browser's login set only if the session has the same user.
   */
  login: { condition: MAY_LOG_IN, writes: loginWrites(OWN_SET), returns: abandonedBy('flushed') },
  /**
   * Logs the user in, in a browser with a switching cookie. If the login set that the cookie names has a live session
   * of the user, this session replaces it (docs/spec/sessions.md#user-switching).
   */
  rejoin: {
    locks: 's.login_set = :login_set::bytea',
    condition: MAY_LOG_IN,
    writes: `${loginWrites(`CASE WHEN EXISTS (
          SELECT FROM locked m WHERE m.login_set = :login_set::bytea AND m.user_id = :user AND m.user_epoch = :epoch AND m.is_live)
          THEN :login_set::bytea ELSE ${OWN_SET} END`)},
    replaced AS (
      DELETE FROM flow.sessions s USING saved
      WHERE s.login_set = :login_set::bytea AND s.user_id = :user AND s.id <> saved.session_id)`,
    returns: abandonedBy('flushed'),
  },
} as const satisfies Readonly<Record<string, CommitPart>>;
