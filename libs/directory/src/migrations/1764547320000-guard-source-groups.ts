import type { MigrationInterface, QueryRunner } from 'typeorm';

const followSourceGroups = (memberships: string) => `
CREATE OR REPLACE FUNCTION directory.follow_source_groups(of_user uuid, of_source uuid, matching text, wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  ids uuid[] := '{}';
  wish record;
BEGIN
  FOR wish IN SELECT w.key, w.value FROM jsonb_each(wanted) w ORDER BY w.key LOOP
    ids := ids || directory.source_group(of_source, wish.key, matching, wish.value);
  END LOOP;
  ${memberships}
  INSERT INTO directory.user_groups (user_id, group_id) SELECT of_user, i FROM unnest(ids) i ON CONFLICT DO NOTHING;
END $$`;

const LEAVE = `
  DELETE FROM directory.user_groups ug USING directory.source_groups s
  WHERE ug.user_id = of_user AND s.source_id = of_source AND s.group_id = ug.group_id AND ug.group_id <> ALL (ids)`;

const UNGUARDED = `${LEAVE};`;

/**
 * Refuses to add users to a superuser group, and removes no user from such a group. Users whom the source added before
 * the group became a superuser group stay in it.
 */
const GUARDED = `
  IF EXISTS (
    SELECT FROM unnest(ids) i WHERE directory.makes_superuser(i)
      AND NOT EXISTS (SELECT FROM directory.user_groups ug WHERE ug.user_id = of_user AND ug.group_id = i)) THEN
    RAISE EXCEPTION 'a source may not add users to a group that makes superusers' USING ERRCODE = 'GH001';
  END IF;
${LEAVE} AND NOT directory.makes_superuser(ug.group_id);`;

/**
 * Prevents sources from adding members to a group that makes its members superusers, and from removing its members
 * (docs/adr/0035).
 */
export class GuardSourceGroups1764547320000 implements MigrationInterface {
  name = 'GuardSourceGroups1764547320000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(followSourceGroups(GUARDED));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(followSourceGroups(UNGUARDED));
  }
}
