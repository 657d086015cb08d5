import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMNS = `
SELECT u.id, u.pk, u.username, u.name, u.email, u.is_active, u.epoch, u.type,
  CASE WHEN jsonb_typeof(u.attributes->'avatar') = 'string' THEN u.attributes->>'avatar' END AS avatar,
  CASE WHEN jsonb_typeof(u.attributes#>'{settings,locale}') = 'string'
       THEN u.attributes#>>'{settings,locale}' ELSE '' END AS locale,
  CASE WHEN jsonb_typeof(u.attributes->'settings') = 'object' THEN u.attributes->'settings' ELSE '{}' END AS settings,
  directory.is_superuser(u.id) AS is_superuser,
  directory.is_debugged(u.id, u.attributes) AS debug,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('pk', g.id, 'name', g.name) ORDER BY g.name, g.id), '[]')
   FROM directory.groups_of(u.id) g WHERE g.direct) AS groups`;

const PEOPLE = 'FROM directory.users u';

/** Every group that a user belongs to, those above the direct ones included; looked at only where it is asked for. */
const GROUP_IDS = 'ARRAY(SELECT g.id FROM directory.groups_of(u.id) g) AS group_ids';

/** What the gateway may see of users, now with all their groups, which flows may be bound to. */
export class AllGroups1764028920000 implements MigrationInterface {
  name = 'AllGroups1764028920000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE OR REPLACE VIEW directory.identities AS ${COLUMNS}, ${GROUP_IDS} ${PEOPLE}`);
  }

  /** A column can be added to a view in place, but not taken away. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW directory.identities');
    await runner.query(`CREATE VIEW directory.identities AS ${COLUMNS} ${PEOPLE}`);
  }
}
