/**
 * A table whose rows are deleted after a restore. The rows are secrets or refer to secrets, some of which were used
 * already.
 */
interface DeletedRows {
  readonly treatment: 'delete';
  /** SQL condition for the rows. Without it, all rows. */
  readonly where?: string;
  /** What the rows are, for the output. */
  readonly content: string;
}

/** A table whose rows are changed after a restore, so that secrets that were used become invalid. */
interface RenewedRows {
  readonly treatment: 'renew';
}

/** A table that is left as it was at the recovery point. */
interface KeptRows {
  readonly treatment: 'keep';
}

/**
 * What the command does to the rows of a table after a restore, and which changes in the table the restore has undone.
 */
export type RestoredTable = (DeletedRows | RenewedRows | KeptRows) & {
  readonly table: string;
  /** Changes after the recovery point that the restore has undone, and what the operator can do about them. */
  readonly undone?: string;
};

const keep = (...tables: readonly string[]) => tables.map((table) => ({ table, treatment: 'keep' }) as const);

/**
 * Every table, in the order of the command: sessions before plans, as all other code locks them. Rows that refer to a
 * deleted row are deleted with it: session keys, plans and logins at sources of a session.
 */
export const RESTORED_TABLES: readonly RestoredTable[] = [
  {
    ...{ table: 'directory.users', treatment: 'renew' },
    undone:
      'Users: new passwords are lost, old passwords are valid. Disabled users are active, deleted users exist, new users are gone.',
  },
  {
    ...{ table: 'flow.sessions', treatment: 'delete' },
    content: 'sessions, with their plans, mailed codes, WebAuthn challenges and logins at sources',
  },
  { table: 'flow.resume_tokens', treatment: 'delete', content: 'mailed links' },
  {
    ...{ table: 'flow.outbox', treatment: 'delete', where: `topic = 'mail'` },
    content: 'waiting mails, which may contain such links and codes',
    undone: 'Events: those that were published may be published again, with the same ids.',
  },
  { table: 'consent.device_codes', treatment: 'delete', content: 'device codes' },
  { table: 'consent.access_tokens', treatment: 'delete', content: 'access tokens of devices' },
  {
    ...{ table: 'consent.authorization_requests', treatment: 'delete' },
    content: 'authorization requests and codes of applications',
  },
  { table: 'directory.superuser_permits', treatment: 'delete', content: 'permits to change a superuser' },
  {
    ...{ table: 'directory.invitations', treatment: 'delete', where: 'single_use' },
    content: 'single-use invitations',
    undone: 'Invitations for several uses: deleted ones are valid.',
  },
  {
    ...{ table: 'mfa.codes', treatment: 'delete' },
    content: 'recovery codes',
  },
  {
    ...{ table: 'mfa.devices', treatment: 'renew' },
    undone:
      'Authenticators: removed ones are valid, for example a lost phone. New ones are gone. A copied security key is noticed later, because its signature counter is older.',
  },
  {
    ...{ table: 'flow.attempts', treatment: 'keep' },
    undone: 'Wrong passwords and codes: later ones are not counted, so visitors have these attempts again.',
  },
  {
    ...{ table: 'directory.tokens', treatment: 'keep' },
    undone: 'API tokens and app passwords: deleted ones are valid. --delete-tokens deletes all of them.',
  },
  {
    ...{ table: 'directory.user_groups', treatment: 'keep' },
    undone: 'Groups: removed members are members again, also of groups that make superusers.',
  },
  { table: 'identification.connections', treatment: 'keep', undone: 'Sources: removed connections are valid.' },
  { table: 'consent.grants', treatment: 'keep', undone: 'Consent: withdrawn consent is given.' },
  {
    ...{ table: 'flow.objects', treatment: 'keep' },
    undone: 'Blueprints: later changes are lost. Apply the newest blueprints again.',
  },
  // Published documents of these objects, and other configuration.
  ...keep('flow.flow_versions', 'flow.flows', 'flow.brand_sets', 'flow.oauth_clients', 'flow.applied_blueprints'),
  ...keep('flow.proxy_applications', 'flow.releases', 'flow.rollouts'),
  ...keep('identification.sources', 'directory.groups', 'directory.source_groups'),
  // Hashes of earlier passwords, with which new passwords are compared. They cannot be used to log in.
  ...keep('directory.old_passwords'),
  // Keys of the database. They do not make a used secret valid again.
  ...keep('consent.code_keys', 'directory.password_ring_key', 'mfa.digest_keys'),
  // Deleted with their sessions.
  ...keep('flow.session_keys', 'flow.plans', 'flow.source_logins', 'flow.forward_codes', 'flow.forward_sessions'),
  ...keep('flow.signed_in_applications'),
  // Counters of mails and messages of the last hour, and scores, which grant nothing.
  ...keep('flow.mailed', 'mfa.sends', 'flow.reputation'),
  // Places and browsers of earlier logins, with which policies compare later logins.
  ...keep('flow.login_places'),
  // Captcha tokens. A provider accepts each token once, and the puzzles of Gatehouse belong to a plan.
  ...keep('captcha.spent'),
  // Published events. Events that were published after the recovery point are only in the stream.
  ...keep('flow.audit_events'),
  // Events that webhook endpoints may have received since the recovery point. Endpoints discard repetitions by the id
  // of the event.
  ...keep('flow.webhook_deliveries'),
  // Received Security Event Tokens. Transmitters may repeat tokens that were received after the recovery point, which
  // ends sessions once more.
  ...keep('flow.received_signals'),
  // Records and counts of ended plans, and plans that wait for their record. No session can continue these plans.
  ...keep('flow.journeys', 'flow.journeys_default', 'flow.journey_counts', 'flow.unrecorded_plans'),
  // The leases of the cleanup and of the recorder of plans. They have expired since the recovery point.
  ...keep('flow.leases'),
  // Replies to the requests of plans. The plans are deleted.
  ...keep('consent.done', 'enrollment.done', 'identification.done'),
  ...keep(
    ...['captcha', 'consent', 'directory', 'enrollment', 'flow', 'identification', 'mfa'].map((s) => `${s}.migrations`),
  ),
];
