import type { FlowVersion } from '@gatehouse/plan';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';

const FIND_NAMES = `
  SELECT id::text, 'group ' || name AS name FROM directory.groups WHERE id = ANY ($1::uuid[])
  UNION ALL SELECT id::text, 'user ' || username FROM directory.users WHERE id = ANY ($1::uuid[])`;

/** Returns the names of the groups and users that the bindings of these versions name, by id. */
export async function findPrincipalNames(
  manager: EntityManager,
  documents: readonly FlowVersion[],
): Promise<ReadonlyMap<string, string>> {
  const sets = documents.flatMap(({ guard, steps }) => [guard, ...steps.map(({ policies }) => policies)]);
  const ids = sets
    .flatMap(({ bindings, shadow = [] }) => [...bindings, ...shadow])
    .flatMap(({ group, user }) => group ?? user ?? [])
    .filter((id) => z.uuid().safeParse(id).success);
  if (ids.length === 0) return new Map();
  const rows: { id: string; name: string }[] = await manager.query(FIND_NAMES, [ids]);
  return new Map(rows.map(({ id, name }) => [id, name]));
}
