import type { MigrationInterface, QueryRunner } from 'typeorm';

const DEBUG = `'goauthentik.io/user/debug'`;

/** SQL for the ids of all parents of a group `g`. An element is null if the group has no `parent_id`. */
const ALL_PARENTS = 'array_append(g.other_parents, g.parent_id)';
/** SQL that joins the groups `a` with their parents `g`. */
const JOIN_PARENTS = 'CROSS JOIN LATERAL unnest(a.parents) p (id) JOIN directory.groups g ON g.id = p.id';

interface Ancestry {
  /** Names of the columns about the parents of a group. */
  readonly column: string;
  /** SQL for that column of a group `g`. */
  readonly parents: string;
  /** SQL that joins the groups `a` with their parents `g`. */
  readonly join: string;
}
const SEVERAL: Ancestry = { column: 'parents', parents: ALL_PARENTS, join: JOIN_PARENTS };
const ONE: Ancestry = {
  column: 'parent_id',
  parents: 'g.parent_id',
  join: 'JOIN directory.groups g ON g.id = a.parent_id',
};

/**
 * What the function collects: the SQL values of a group `g`, the names for these values, and the SQL that selects the
 * first groups.
 */
interface Collected {
  readonly columns: string;
  readonly of: string;
  readonly start?: string;
}
const OF_USER = 'directory.user_groups ug JOIN directory.groups g ON g.id = ug.group_id WHERE ug.user_id = of_user';

/**
 * Returns SQL that collects the groups that `start` selects, and their ancestors, up to 20 levels.
 */
const above = ({ column, parents, join }: Ancestry, { columns, of, start = OF_USER }: Collected) => `
  WITH RECURSIVE above (${columns}, ${column}, level) AS (
    SELECT ${of}, ${parents}, 1 FROM ${start}
    UNION
    SELECT ${of}, ${parents}, a.level + 1 FROM above a ${join} WHERE a.level < 20)`;

/**
 * Returns the statements for the functions that follow the parents of groups. They keep their owners and privileges.
 */
const functions = (ancestry: Ancestry): readonly string[] => [
  `CREATE OR REPLACE FUNCTION directory.groups_of(of_user uuid)
   RETURNS TABLE (id uuid, name text, is_superuser boolean, attributes jsonb, direct boolean)
   LANGUAGE sql STABLE AS $$${above(ancestry, { columns: 'id', of: 'g.id' })}
     SELECT g.id, g.name, g.is_superuser, g.attributes, f.direct
     FROM (SELECT a.id, bool_or(a.level = 1) AS direct FROM above a GROUP BY a.id) f
       CROSS JOIN LATERAL (SELECT * FROM directory.groups g WHERE g.id = f.id OFFSET 0) g
   $$`,
  `CREATE OR REPLACE FUNCTION directory.is_superuser(of_user uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
   BEGIN
     RETURN EXISTS (${above(ancestry, { columns: 'makes', of: 'g.is_superuser' })}
     SELECT FROM above WHERE makes);
   END $$`,
  `CREATE OR REPLACE FUNCTION directory.is_debugged(of_user uuid, attributes jsonb) RETURNS boolean
   LANGUAGE plpgsql STABLE AS $$
   BEGIN
     IF attributes ? ${DEBUG} THEN RETURN directory.truthy(attributes->${DEBUG}); END IF;
     RETURN EXISTS (${above(ancestry, { columns: 'debugs', of: `directory.truthy(g.attributes->${DEBUG})` })}
     SELECT FROM above WHERE debugs);
   END $$`,
  `CREATE OR REPLACE FUNCTION directory.makes_superuser(of_group uuid) RETURNS boolean
   LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
     ${above(ancestry, { columns: 'id, is_superuser', of: 'g.id, g.is_superuser', start: 'directory.groups g WHERE g.id = of_group' })}
     SELECT EXISTS (SELECT FROM above WHERE is_superuser)
   $$`,
];

/** Creates the function that removes a deleted group from the parents of other groups. */
const FORGET_PARENT = `
CREATE FUNCTION directory.forget_parent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  UPDATE directory.groups SET other_parents = array_remove(other_parents, OLD.id) WHERE OLD.id = ANY (other_parents);
  RETURN NULL;
END $$`;
const TRIGGER = `
CREATE TRIGGER groups_parent_deleted AFTER DELETE ON directory.groups
FOR EACH ROW EXECUTE FUNCTION directory.forget_parent()`;

/**
 * Lets a group have several parents. `parent_id` stays the first of them, which the previous version reads, and
 * `other_parents` has the others. It is a column instead of a table, so that the roles that read groups need no new
 * grant.
 */
export class SeveralParents1765584002000 implements MigrationInterface {
  name = 'SeveralParents1765584002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE directory.groups ADD COLUMN other_parents uuid[] NOT NULL DEFAULT '{}'`);
    for (const statement of [FORGET_PARENT, TRIGGER, ...functions(SEVERAL)]) await runner.query(statement);
    await runner.query('REVOKE ALL ON FUNCTION directory.forget_parent FROM PUBLIC');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of functions(ONE)) await runner.query(statement);
    await runner.query('DROP TRIGGER groups_parent_deleted ON directory.groups');
    await runner.query('DROP FUNCTION directory.forget_parent');
    await runner.query('ALTER TABLE directory.groups DROP COLUMN other_parents');
  }
}
