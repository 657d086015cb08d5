import type { EntityManager } from 'typeorm';
import { BlueprintError } from '../blueprint-error.js';
import { sourceModels } from '../source.model.js';
import type { CompiledFlow } from './typeorm-flow-publisher.js';

/** Finds objects that flow versions refer to by random ids. $1 ids, $2 models of sources. */
const FIND_NAMES = `
  SELECT id::text, 'group ' || name AS name FROM directory.groups WHERE id = ANY ($1::uuid[])
  UNION ALL SELECT id::text, 'user ' || username FROM directory.users WHERE id = ANY ($1::uuid[])
  UNION ALL SELECT id::text, 'source ' || (identifiers ->> 'slug') FROM flow.objects
    WHERE id = ANY ($1::uuid[]) AND model = ANY ($2::text[])
  ORDER BY name`;

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Returns the names of the groups, users and sources that exist and that these flows refer to, by id. */
export async function findReferredNames(
  manager: EntityManager,
  flows: readonly CompiledFlow[],
): Promise<ReadonlyMap<string, string>> {
  const ids = new Set(JSON.stringify(flows.map(({ document }) => document)).match(UUID));
  const models = sourceModels.map(({ name }) => name);
  const rows: { id: string; name: string }[] = await manager.query(FIND_NAMES, [[...ids], models]);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/**
 * Throws BlueprintError if the drafts refer to a group, user or source that only this run has created. The run is
 * rolled back, and an apply gives the object another id, so the draft would refer to an id that never exists.
 */
export function rejectNewReferences(inRun: ReadonlyMap<string, string>, stored: ReadonlyMap<string, string>): void {
  const [, created] = [...inRun].find(([id]) => !stored.has(id)) ?? [];
  if (created === undefined) return;
  throw new BlueprintError(
    `a draft cannot use the ${created}, because it does not exist yet. Apply a blueprint that creates it, then draft the flow`,
  );
}
