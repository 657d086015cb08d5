import type { MigrationInterface, QueryRunner } from 'typeorm';

const DEBUG = `'goauthentik.io/user/debug'`;

/**
 * Returns SQL that collects the groups of a user and their parent groups, up to 20 levels. `of` lists the values of a
 * group `g` to collect, and `columns` the names for these values.
 */
const above = (columns: string, of: string) => `
  WITH RECURSIVE above (${columns}, parent_id, level) AS (
    SELECT ${of}, g.parent_id, 1
    FROM directory.user_groups ug JOIN directory.groups g ON g.id = ug.group_id WHERE ug.user_id = of_user
    UNION
    SELECT ${of}, g.parent_id, a.level + 1
    FROM above a JOIN directory.groups g ON g.id = a.parent_id WHERE a.level < 20)`;

/**
 * Postgres plans a function in PL/pgSQL once per connection, but a function in SQL at each call. The planning took ten
 * times as long as the run.
 */
const PLANNED_ONCE = `
CREATE OR REPLACE FUNCTION directory.is_superuser(of_user uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (${above('makes', 'g.is_superuser')}
  SELECT FROM above WHERE makes);
END $$;
CREATE OR REPLACE FUNCTION directory.is_debugged(of_user uuid, attributes jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF attributes ? ${DEBUG} THEN RETURN directory.truthy(attributes->${DEBUG}); END IF;
  RETURN EXISTS (${above('debugs', `directory.truthy(g.attributes->${DEBUG})`)}
  SELECT FROM above WHERE debugs);
END $$`;

/**
 * Returns the function for the groups of a user. It stays in SQL, because Postgres inlines it into the plan of its
 * caller.
 */
const groupsOf = (from: string) => `
CREATE OR REPLACE FUNCTION directory.groups_of(of_user uuid)
RETURNS TABLE (id uuid, name text, is_superuser boolean, attributes jsonb, direct boolean)
LANGUAGE sql STABLE AS $$${above('id', 'g.id')}
  ${from}
$$`;

/** Looks each group up by its key. OFFSET prevents Postgres from joining the whole table instead. */
const LOOKED_UP = `SELECT g.id, g.name, g.is_superuser, g.attributes, f.direct
  FROM (SELECT a.id, bool_or(a.level = 1) AS direct FROM above a GROUP BY a.id) f
    CROSS JOIN LATERAL (SELECT * FROM directory.groups g WHERE g.id = f.id OFFSET 0) g`;
const JOINED = `SELECT g.id, g.name, g.is_superuser, g.attributes, bool_or(a.level = 1)
  FROM above a JOIN directory.groups g ON g.id = a.id GROUP BY g.id`;

const PLANNED_AT_EACH_CALL = `
CREATE OR REPLACE FUNCTION directory.is_superuser(of_user uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM directory.groups_of(of_user) g WHERE g.is_superuser)
$$;
CREATE OR REPLACE FUNCTION directory.is_debugged(of_user uuid, attributes jsonb) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN attributes ? ${DEBUG} THEN directory.truthy(attributes->${DEBUG})
    ELSE EXISTS (SELECT FROM directory.groups_of(of_user) g WHERE directory.truthy(g.attributes->${DEBUG})) END
$$`;

const REFUSED = `USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'superusers_guarded'`;

/** Matches the text of a UUID as Postgres writes it. */
const UUID = `'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'`;

/** The groups with one of the ids or names. Each half uses an index. A text that is no UUID is the id of no group. */
const BY_INDEX = `(
      SELECT g.id FROM directory.groups g WHERE g.id = ANY (ARRAY(SELECT i::uuid FROM unnest(ids) i WHERE i ~ ${UUID}))
      UNION SELECT g.id FROM directory.groups g WHERE g.name = ANY (names))`;
const BY_SCAN = '(SELECT g.id FROM directory.groups g WHERE g.id::text = ANY (ids) OR g.name = ANY (names))';

/**
 * Creates the function that adds a user to groups (docs/adr/0035). `named` selects the groups with these ids or names.
 */
const joinGroups = (named: string) => `
CREATE OR REPLACE FUNCTION directory.join_groups(of_user uuid, ids text[], names text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  added uuid[] := ARRAY(
    SELECT g.id FROM ${named} g
    WHERE NOT EXISTS (SELECT FROM directory.user_groups ug WHERE ug.user_id = of_user AND ug.group_id = g.id));
BEGIN
  IF added = '{}' THEN RETURN; END IF;
  IF EXISTS (SELECT FROM unnest(added) a (id) WHERE directory.makes_superuser(a.id)) THEN
    RAISE EXCEPTION 'a service may not add users to a group that makes superusers' ${REFUSED};
  END IF;
  IF directory.is_superuser(of_user) AND NOT directory.use_superuser_permit(of_user) THEN
    RAISE EXCEPTION 'a service may not add a superuser to groups without a permit of the gateway' ${REFUSED};
  END IF;
  INSERT INTO directory.user_groups (user_id, group_id) SELECT of_user, a.id FROM unnest(added) a (id)
  ON CONFLICT DO NOTHING;
END $$`;

/**
 * Makes Postgres plan some functions once per connection and look groups up by their keys. Each request of a logged-in
 * user calls these functions (docs/adr/0003). The functions keep their owners and privileges.
 */
export class CheapGroupFunctions1764892860000 implements MigrationInterface {
  name = 'CheapGroupFunctions1764892860000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [groupsOf(LOOKED_UP), PLANNED_ONCE, joinGroups(BY_INDEX)]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [groupsOf(JOINED), PLANNED_AT_EACH_CALL, joinGroups(BY_SCAN)])
      await runner.query(statement);
  }
}
