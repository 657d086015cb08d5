import type { NamedStatement } from '@gatehouse/platform';

/**
 * SQL that selects from the sessions `t` to which a browser may change, with their users `u`. `session` is the id of the
 * session of the request and `set` the hash of the secret in the switching cookie, which must be that of the session.
 * Sessions that are bound to a device take no part.
 */
export const switchTargets = (session: string, set: string) => `
    FROM flow.sessions s
    JOIN flow.sessions t ON t.login_set = ${set} AND t.user_id <> s.user_id AND t.expires_at > now() AND t.device_key IS NULL
    JOIN directory.identities u ON u.id = t.user_id AND u.is_active AND u.epoch = t.user_epoch
    WHERE s.id = ${session} AND s.login_set = ${set} AND s.expires_at > now() AND s.device_key IS NULL`;

/** Finds a session to change to. $1 id of the session of the request, $2 hash of the secret of the set, $3 its id. */
export const FIND_SWITCH_TARGET: NamedStatement = {
  name: 'switch_target',
  text: `
    SELECT t.user_id AS user, CASE WHEN t.ttl IS NULL THEN extract(epoch FROM t.expires_at - now())::float8 END AS left_s
    ${switchTargets('$1', '$2')} AND t.id = $3`,
};
