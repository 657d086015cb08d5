/** A table with rows about one person. */
export interface PersonalTable {
  readonly table: string;
  /** SQL condition for the rows of a person, on the parameters of `personSearch`. */
  readonly where: string;
  /** Columns of the export: everything except secrets, their digests, and sealed values. */
  readonly exported: string;
}

const owned = (table: string, owner: string, exported: string): PersonalTable => ({
  ...{ table, exported, where: `${owner} = $1::uuid` },
});
/** Returns the entry of a table `done`, which stores the replies of a service for a day. A reply may name the user. */
const replies = (table: string): PersonalTable => ({
  ...{ table, exported: 'at' },
  where: `strpos(reply::text, $1::text) > 0 OR strpos(lower(reply::text), lower(to_json($3::text)::text)) > 0
    OR strpos(lower(reply::text), lower('"username": ' || to_json($2::text)::text)) > 0`,
});

/**
 * All tables with rows about a person, in the order of their deletion. The conditions use the parameters of
 * `personSearch`: $1 uuid, $2 username, $3 email address or null, $4 subjects of attempts, $5 SHA-256 of the
 * email address, $6 subjects of message quotas, $7 ids of outbox messages, $8 ids of invitations that name the person,
 * $9 ids of kept events that name the person. Not listed are tables whose rows Postgres deletes by `ON DELETE CASCADE`:
 * `flow.session_keys`, `flow.source_logins`, `flow.forward_codes`, `flow.forward_sessions` and
 * `flow.signed_in_applications` with the session, `mfa.codes` with the device, `directory.old_passwords` with the user, `flow.webhook_deliveries` with the event. The cascade also deletes all other plans of a
 * deleted session.
 */
export const PERSONAL_TABLES: readonly PersonalTable[] = [
  owned('flow.sessions', 'user_id', 'id, data, seen_at, expires_at'),
  owned('flow.plans', 'pending_user_id', 'flow_id, begun_at, expires_at'),
  // Only with JOURNEY_USERS.
  owned('flow.journeys', 'user_id', 'flow_id, version, begun_at, ended_at, outcome, logged_in, reason, steps, client'),
  owned('flow.resume_tokens', 'user_id', 'flow_id, step_id, expires_at'),
  {
    table: 'flow.attempts',
    where: 'subject = ANY ($4::bytea[])',
    exported: 'credential, failures, free_at, updated_at',
  },
  owned('flow.login_places', 'user_id', 'at, country, latitude, longitude, device, expires_at'),
  {
    table: 'flow.reputation',
    where: 'lower(identifier) IN (lower($2::text), lower($3::text))',
    exported: 'identifier, ip, score, expires_at',
  },
  { table: 'flow.mailed', where: 'recipient = $5::bytea', exported: 'since, count' },
  { table: 'flow.outbox', where: 'id = ANY ($7::uuid[])', exported: 'topic, made_at, due_at, parked_at' },
  {
    table: 'flow.audit_events',
    where: 'user_id = $1::uuid OR actor_id = $1::uuid OR id = ANY ($7::uuid[]) OR id = ANY ($9::uuid[])',
    exported: 'id, action, at',
  },
  { table: 'mfa.sends', where: 'subject = ANY ($6::bytea[])', exported: 'sent_at, since, sent' },
  owned('mfa.devices', 'user_id', 'kind, name, confirmed, facts, created_at, updated_at, last_used_at'),
  owned('identification.connections', 'user_id', 'source_id, identifier, created_at'),
  owned(
    'consent.grants',
    'user_id',
    'application_slug, application_name, permissions, expires, created_at, updated_at',
  ),
  owned('consent.device_codes', 'claimed_by', 'client_id, scopes, expires'),
  owned('consent.authorization_requests', 'user_id', 'client_id, authentication, expires'),
  // Must follow the codes: a deletion that waited for the exchange of a code then sees the new token.
  owned('consent.access_tokens', 'user_id', 'client_id, scopes, expires'),
  ...['consent.done', 'enrollment.done', 'identification.done'].map(replies),
  owned('directory.superuser_permits', 'user_id', 'service, expires_at'),
  owned('directory.tokens', 'user_id', 'identifier, intent, scope, expires, expiring, description, created_at'),
  {
    ...{ table: 'directory.invitations', where: 'id = ANY ($8::uuid[])' },
    exported: 'id, name, expires, fixed_data, single_use, created_at',
  },
  owned(
    'directory.user_groups',
    'user_id',
    'group_id, (SELECT g.name FROM directory.groups g WHERE g.id = group_id) AS name',
  ),
  owned(
    'directory.users',
    'id',
    'id, pk, username, name, email, verified_email, is_active, type, path, attributes, last_login, date_joined, password_changed_at',
  ),
];
