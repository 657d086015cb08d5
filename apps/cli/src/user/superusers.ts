import type { EntityManager } from 'typeorm';

/**
 * Counts the other active superusers, if the user $1 is a superuser. `below` collects the groups that grant superuser
 * rights and their descendants, up to 20 levels, because a call of `is_superuser` for each user would take minutes.
 */
const OTHER_SUPERUSERS = `
  WITH RECURSIVE below (id, level) AS (
    SELECT g.id, 1 FROM directory.groups g WHERE g.is_superuser
    UNION
    SELECT g.id, b.level + 1 FROM below b JOIN directory.groups g ON g.parent_id = b.id OR b.id = ANY (g.other_parents) WHERE b.level < 20)
  SELECT (
    SELECT count(DISTINCT o.id)::int FROM below b
    JOIN directory.user_groups m ON m.group_id = b.id JOIN directory.users o ON o.id = m.user_id
    WHERE o.is_active AND o.id <> $1) AS others
  WHERE directory.is_superuser($1)`;

const LOCK = `SELECT pg_advisory_xact_lock(hashtext('gatehouse superusers'))`;

/**
 * Returns the number of other active superusers if the user is a superuser, else undefined. Holds a lock until the
 * transaction ends, so that two concurrent commands cannot remove the last two superusers.
 */
export async function otherSuperusers(manager: EntityManager, uuid: string): Promise<number | undefined> {
  await manager.query(LOCK);
  const [privileged] = await manager.query<{ others: number }[]>(OTHER_SUPERUSERS, [uuid]);
  return privileged?.others;
}
