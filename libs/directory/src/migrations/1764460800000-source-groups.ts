import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Maps the group identifiers of a source to groups. */
const SOURCE_GROUPS = `
CREATE TABLE directory.source_groups (
  source_id uuid NOT NULL,
  identifier text NOT NULL,
  group_id uuid NOT NULL REFERENCES directory.groups ON DELETE CASCADE,
  PRIMARY KEY (source_id, identifier)
)`;
const GROUPS = 'CREATE INDEX source_groups_group ON directory.source_groups (group_id)';

/**
 * Creates the function that returns whether a group or one of its ancestors makes its members superusers. `above`
 * collects the group and its ancestors, up to 20 levels.
 */
const MAKES_SUPERUSER = `
CREATE FUNCTION directory.makes_superuser(of_group uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  WITH RECURSIVE above (id, parent_id, is_superuser, level) AS (
    SELECT g.id, g.parent_id, g.is_superuser, 1 FROM directory.groups g WHERE g.id = of_group
    UNION
    SELECT g.id, g.parent_id, g.is_superuser, a.level + 1
    FROM above a JOIN directory.groups g ON g.id = a.parent_id WHERE a.level < 20)
  SELECT EXISTS (SELECT FROM above WHERE is_superuser)
$$`;

/**
 * Creates the function that returns the group for an identifier of a source, and creates the group if necessary. Raises
 * GH001 if the group has no name, if another group has the name and the mode does not link by name, or if the mode
 * would link to a group that makes its members superusers.
 */
const GROUP_OF = `
CREATE FUNCTION directory.source_group(of_source uuid, of_identifier text, matching text, properties jsonb) RETURNS uuid
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  found_id uuid;
  wanted_name text := properties->>'name';
BEGIN
  SELECT s.group_id INTO found_id FROM directory.source_groups s
  WHERE s.source_id = of_source AND s.identifier = of_identifier;
  IF found_id IS NOT NULL THEN RETURN found_id; END IF;
  IF coalesce(wanted_name, '') = '' THEN
    RAISE EXCEPTION 'a group without a name' USING ERRCODE = 'GH001';
  END IF;
  SELECT g.id INTO found_id FROM directory.groups g WHERE g.name = wanted_name ORDER BY g.parent_id NULLS FIRST LIMIT 1;
  IF found_id IS NOT NULL AND (matching <> 'name_link' OR directory.makes_superuser(found_id)) THEN
    RAISE EXCEPTION 'a group that may not be' USING ERRCODE = 'GH001';
  END IF;
  IF found_id IS NULL THEN
    INSERT INTO directory.groups (name) VALUES (wanted_name) ON CONFLICT DO NOTHING RETURNING id INTO found_id;
    IF found_id IS NULL THEN RAISE EXCEPTION 'a group that may not be' USING ERRCODE = 'GH001'; END IF;
  END IF;
  INSERT INTO directory.source_groups (source_id, identifier, group_id) VALUES (of_source, of_identifier, found_id)
  ON CONFLICT (source_id, identifier) DO UPDATE SET group_id = directory.source_groups.group_id
  RETURNING group_id INTO found_id;
  RETURN found_id;
END $$`;

/** Creates the function that synchronises a user's memberships with the groups of a source, atomically. */
const FOLLOW = `
CREATE FUNCTION directory.follow_source_groups(of_user uuid, of_source uuid, matching text, wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  ids uuid[] := '{}';
  wish record;
BEGIN
  FOR wish IN SELECT w.key, w.value FROM jsonb_each(wanted) w ORDER BY w.key LOOP
    ids := ids || directory.source_group(of_source, wish.key, matching, wish.value);
  END LOOP;
  DELETE FROM directory.user_groups ug USING directory.source_groups s
  WHERE ug.user_id = of_user AND s.source_id = of_source AND s.group_id = ug.group_id AND ug.group_id <> ALL (ids);
  INSERT INTO directory.user_groups (user_id, group_id) SELECT of_user, i FROM unnest(ids) i ON CONFLICT DO NOTHING;
END $$`;

const PRIVATE =
  'REVOKE ALL ON FUNCTION directory.makes_superuser, directory.source_group, directory.follow_source_groups FROM PUBLIC';

/** Synchronises groups from sources (docs/spec/sources.md#added-steps). */
export class SourceGroups1764460800000 implements MigrationInterface {
  name = 'SourceGroups1764460800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [SOURCE_GROUPS, GROUPS, MAKES_SUPERUSER, GROUP_OF, FOLLOW, PRIVATE]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP FUNCTION directory.follow_source_groups, directory.source_group, directory.makes_superuser',
    );
    await runner.query('DROP TABLE directory.source_groups');
  }
}
