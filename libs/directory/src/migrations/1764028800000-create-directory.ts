import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
CREATE TABLE directory.users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  pk integer GENERATED ALWAYS AS IDENTITY UNIQUE,
  username varchar(150) NOT NULL,
  name text NOT NULL DEFAULT '',
  email varchar(254) NOT NULL DEFAULT '',
  is_active boolean NOT NULL DEFAULT true,
  password_hash text NOT NULL DEFAULT '',
  type text NOT NULL DEFAULT 'internal',
  path text NOT NULL DEFAULT 'users',
  attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
  -- From a clock, so that a user who is made again revives no session of the one before.
  epoch integer NOT NULL DEFAULT extract(epoch FROM clock_timestamp())::integer,
  last_login timestamptz,
  date_joined timestamptz NOT NULL DEFAULT now(),
  password_changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE directory.groups (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  is_superuser boolean NOT NULL DEFAULT false,
  parent_id uuid REFERENCES directory.groups ON DELETE SET NULL,
  attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE NULLS NOT DISTINCT (name, parent_id)
);
CREATE TABLE directory.user_groups (
  user_id uuid REFERENCES directory.users ON DELETE CASCADE,
  group_id uuid REFERENCES directory.groups ON DELETE CASCADE,
  PRIMARY KEY (user_id, group_id)
);
CREATE TABLE directory.tokens (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  identifier varchar(255) NOT NULL UNIQUE,
  key_hash bytea NOT NULL UNIQUE,
  intent text NOT NULL CHECK (intent IN ('api', 'app_password', 'verification', 'recovery')),
  user_id uuid NOT NULL REFERENCES directory.users ON DELETE CASCADE,
  expires timestamptz,
  expiring boolean NOT NULL DEFAULT true,
  description text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
)`;

/** Each identifier has two indexes, for exact and for case-insensitive lookups. */
const INDEXES = `
CREATE UNIQUE INDEX users_username_ci ON directory.users (lower(username));
CREATE INDEX users_username ON directory.users (username);
CREATE INDEX users_email_ci ON directory.users (lower(email));
CREATE INDEX users_email ON directory.users (email);
CREATE INDEX users_upn_ci ON directory.users (lower(attributes->>'upn'));
CREATE INDEX users_upn ON directory.users ((attributes->>'upn'));
CREATE INDEX user_groups_group ON directory.user_groups (group_id);
CREATE INDEX groups_parent ON directory.groups (parent_id);
CREATE INDEX tokens_user ON directory.tokens (user_id)`;

/**
 * Creates the function that returns a user's groups and their parent groups, up to 20 levels
 * (docs/spec/directory.md#groups). `above` collects the groups with their levels.
 */
const GROUPS_OF = `
CREATE FUNCTION directory.groups_of(of_user uuid)
RETURNS TABLE (id uuid, name text, is_superuser boolean, attributes jsonb, direct boolean)
LANGUAGE sql STABLE AS $$
  WITH RECURSIVE above (id, parent_id, level) AS (
    SELECT g.id, g.parent_id, 1
    FROM directory.user_groups ug JOIN directory.groups g ON g.id = ug.group_id WHERE ug.user_id = of_user
    UNION
    SELECT g.id, g.parent_id, a.level + 1
    FROM above a JOIN directory.groups g ON g.id = a.parent_id WHERE a.level < 20
  )
  SELECT g.id, g.name, g.is_superuser, g.attributes, bool_or(a.level = 1)
  FROM above a JOIN directory.groups g ON g.id = a.id GROUP BY g.id
$$`;

/**
 * Creates the function that returns Python's truth value of a JSON value, because authentik evaluates attributes this
 * way.
 */
const TRUTHY = `
CREATE FUNCTION directory.truthy(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(value, 'false') NOT IN ('false', 'null', '0', '""', '[]', '{}')
$$`;

/**
 * Creates functions that the view `identities` calls in place of a join, so that a query on the view reads groups only
 * for matching users.
 */
const OF_GROUPS = `
CREATE FUNCTION directory.is_superuser(of_user uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM directory.groups_of(of_user) g WHERE g.is_superuser)
$$;
CREATE FUNCTION directory.is_debugged(of_user uuid, attributes jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN attributes ? 'goauthentik.io/user/debug'
    THEN directory.truthy(attributes->'goauthentik.io/user/debug')
    ELSE EXISTS (SELECT FROM directory.groups_of(of_user) g
                 WHERE directory.truthy(g.attributes->'goauthentik.io/user/debug')) END
$$`;

/** Creates the view of users for the gateway. A query reads groups only for the rows and columns that it selects. */
const VIEW = `
CREATE VIEW directory.identities AS
SELECT u.id, u.pk, u.username, u.name, u.email, u.is_active, u.epoch, u.type,
  CASE WHEN jsonb_typeof(u.attributes->'avatar') = 'string' THEN u.attributes->>'avatar' END AS avatar,
  CASE WHEN jsonb_typeof(u.attributes#>'{settings,locale}') = 'string'
       THEN u.attributes#>>'{settings,locale}' ELSE '' END AS locale,
  CASE WHEN jsonb_typeof(u.attributes->'settings') = 'object' THEN u.attributes->'settings' ELSE '{}' END AS settings,
  directory.is_superuser(u.id) AS is_superuser,
  directory.is_debugged(u.id, u.attributes) AS debug,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('pk', g.id, 'name', g.name) ORDER BY g.name, g.id), '[]')
   FROM directory.groups_of(u.id) g WHERE g.direct) AS groups
FROM directory.users u`;

/** Creates the tables of users, groups and tokens, and the view for the gateway. */
export class CreateDirectory1764028800000 implements MigrationInterface {
  name = 'CreateDirectory1764028800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(INDEXES);
    await runner.query(GROUPS_OF);
    await runner.query(TRUTHY);
    await runner.query(OF_GROUPS);
    await runner.query(VIEW);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW directory.identities');
    await runner.query(
      'DROP FUNCTION directory.is_superuser, directory.is_debugged, directory.groups_of, directory.truthy',
    );
    await runner.query('DROP TABLE directory.tokens, directory.user_groups, directory.groups, directory.users');
  }
}
