import type { NamedStatement } from '@gatehouse/platform';

/**
 * SQL that selects the sessions `t` to which a browser may switch, with their users `u`. `session` is the id of the
 * request's session. `set` is the hash of the secret in the switching cookie, and must be the hash that this session
 * has. Sessions that are bound to a device are left out.
 */
export const switchTargets = (session: string, set: string) => `
    FROM flow.sessions s
    JOIN flow.sessions t ON t.login_set = ${set} AND t.user_id <> s.user_id AND t.expires_at > now() AND t.device_key IS NULL
    JOIN directory.identities u ON u.id = t.user_id AND u.is_active AND u.epoch = t.user_epoch
    WHERE s.id = ${session} AND s.login_set = ${set} AND s.expires_at > now() AND s.device_key IS NULL`;

/**
 * Finds a session to switch to. $1 id of the request's session, $2 hash of the secret of the login set, $3 id of the
 * session to find.
 */
export const FIND_SWITCH_TARGET: NamedStatement = {
  name: 'switch_target',
  text: `
    SELECT t.user_id AS user, CASE WHEN t.ttl IS NULL THEN extract(epoch FROM t.expires_at - now())::float8 END AS left_s
    ${switchTargets('$1', '$2')} AND t.id = $3`,
};
