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

const FROM_USERS = 'FROM directory.users u';

/**
 * Ids of all groups of a user, including parent groups. Postgres reads the groups only when a query selects this
 * column.
 */
const GROUP_IDS = 'ARRAY(SELECT g.id FROM directory.groups_of(u.id) g) AS group_ids';

/** Adds all groups of a user to the view for the gateway, because flows may be bound to groups. */
export class AllGroups1764028920000 implements MigrationInterface {
  name = 'AllGroups1764028920000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE OR REPLACE VIEW directory.identities AS ${COLUMNS}, ${GROUP_IDS} ${FROM_USERS}`);
  }

  /** Postgres can add a column to a view in place, but cannot remove one. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW directory.identities');
    await runner.query(`CREATE VIEW directory.identities AS ${COLUMNS} ${FROM_USERS}`);
  }
}
