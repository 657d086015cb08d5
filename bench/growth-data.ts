import type { Client } from 'pg';

/** Number of rows of a database. */
export interface Size {
  readonly users: number;
  /**
   * Number of sessions of logged-in users, at most one for each user. `plans` is the number of anonymous sessions, each
   * with a plan.
   */
  readonly sessions: number;
  readonly plans: number;
  readonly flows: number;
}

const GROUPS = 50;
/** Number of groups of each user. */
const MEMBERSHIPS = 2;

/**
 * SQL expression for the cookie of session `n`: 43 characters, like a random key. bench/driver.ts derives the same
 * value.
 */
export const COOKIE = (n: string) =>
  `rtrim(translate(encode(sha256(convert_to('session-' || ${n}, 'UTF8')), 'base64'), '+/', '-_'), '=')`;

/**
 * Adds rows until the database has `size`: users `user-N` with the password of `user-0`, each in two of fifty groups
 * that have a common parent, sessions of these users, anonymous sessions with plans, and flows `login-N`, which are
 * copies of the flow `login`. Triggers are disabled, because they would take most of the time.
 */
export async function fillDatabase(client: Client, size: Size): Promise<void> {
  await client.query(`
    SET statement_timeout = 0;
    SET session_replication_role = replica;
    SET synchronous_commit = off;
    SET work_mem = '256MB'`);
  for (const [sql, values] of [...users(size), ...sessions(size), ...flows(size), ...plans(size)])
    await client.query(sql, values);
  await client.query('VACUUM ANALYZE');
  await client.query('CHECKPOINT');
}

type Statement = readonly [sql: string, values: number[]];

const users = ({ users: count }: Size): Statement[] => [
  [
    `INSERT INTO directory.users (username, username_key, name, email, password_hash, attributes)
     SELECT 'user-' || n, 'user-' || n, 'User Number ' || n, 'user-' || n || '@example.org',
       (SELECT password_hash FROM directory.users WHERE username = 'user-0'),
       jsonb_build_object('settings', jsonb_build_object('locale', 'en'), 'department', 'Department ' || n % 100)
     FROM generate_series(0, $1::int - 1) n
     WHERE NOT EXISTS (SELECT FROM directory.users u WHERE u.username = 'user-' || n)`,
    [count],
  ],
  ['ANALYZE directory.users', []],
  [`INSERT INTO directory.groups (name) VALUES ('everyone')`, []],
  [
    `INSERT INTO directory.groups (name, parent_id) SELECT 'group-' || g, p.id
     FROM generate_series(0, $1::int - 1) g, directory.groups p WHERE p.name = 'everyone'`,
    [GROUPS],
  ],
  [
    `INSERT INTO directory.user_groups (user_id, group_id) SELECT u.id, g.id
     FROM directory.users u CROSS JOIN generate_series(0, $2::int - 1) m
     JOIN directory.groups g ON g.name = 'group-' || (u.pk + m * 7) % $1::int WHERE u.username LIKE 'user-%'`,
    [GROUPS, MEMBERSHIPS],
  ],
];

const sessions = ({ sessions: count, plans: anonymous }: Size): Statement[] => [
  // seen_at is in the future, so that no measured request updates it.
  [
    `CREATE TEMPORARY TABLE new_sessions AS
     SELECT n, uuidv7() AS id, CASE WHEN n < $1::int THEN 'user-' || n END AS username
     FROM generate_series(0, $1::int + $2::int - 1) n`,
    [count, anonymous],
  ],
  [
    `INSERT INTO flow.sessions (id, user_id, user_epoch, data, ttl, expires_at, cleanup_at, seen_at)
     SELECT s.id, u.id, u.epoch,
       CASE WHEN u.id IS NULL THEN '{}' ELSE jsonb_build_object('login_at', now(), 'proved', true, 'last_ip', '192.0.2.1',
         'last_user_agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0') END,
       interval '1 day', now() + interval '1 day', now() + interval '1 day', now() + interval '1 hour'
     FROM new_sessions s LEFT JOIN directory.users u ON u.username = s.username`,
    [],
  ],
  [
    `INSERT INTO flow.session_keys (hash, session_id)
     SELECT sha256(convert_to(${COOKIE('n')}, 'UTF8')), id FROM new_sessions`,
    [],
  ],
];

const flows = ({ flows: count }: Size): Statement[] => [
  [
    `WITH copies AS (
       SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS version_id, v.document
       FROM generate_series(0, $1::int - 1) n, flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id
       WHERE f.slug = 'login'),
     versions AS (
       INSERT INTO flow.flow_versions (id, flow_id, number, document, digest)
       SELECT version_id, id, 1, document, sha256(uuid_send(id)) FROM copies)
     INSERT INTO flow.flows (id, slug, designation, version_id)
     SELECT id, 'login-' || n, 'authentication', version_id FROM copies`,
    [count],
  ],
];

const plans = ({ sessions: first, plans: count, flows: flowCount }: Size): Statement[] => [
  // The bodies are random bytes, with the length of the sealed plan of a login.
  [
    `INSERT INTO flow.plans (session_id, flow_id, id, revision, version_id, body, expires_at, cleanup_at)
     SELECT s.id, f.id, uuidv7(), 1, f.version_id, b.body, now() + interval '1 hour', now() + interval '1 day'
     FROM new_sessions s JOIN flow.flows f ON f.slug = 'login-' || s.n % $2::int,
       LATERAL (SELECT string_agg(sha256(convert_to(s.n || '-' || part, 'UTF8')), '') AS body FROM generate_series(1, 24) part) b
     WHERE s.n >= $1::int AND s.n < $1::int + $3::int`,
    [first, flowCount, count],
  ],
  ['DROP TABLE new_sessions', []],
];
