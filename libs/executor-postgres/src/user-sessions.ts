import type { EntityManager } from 'typeorm';

/** Ends every session of a user, with the plans in them; how many there were. */
export async function deleteUserSessions(manager: EntityManager, uuid: string): Promise<number> {
  const [rows] = await manager.query<[{ live: boolean }[], number]>(
    'DELETE FROM flow.sessions WHERE user_id = $1 RETURNING expires_at > now() AS live',
    [uuid],
  );
  return rows.filter(({ live }) => live).length;
}
