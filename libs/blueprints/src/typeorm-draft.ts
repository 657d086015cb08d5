import { type Sealer, Vault } from '@gatehouse/platform';
import type { EntityManager } from 'typeorm';
import { Draft } from './draft.js';
import { models } from './installed.js';
import { SealedObjects } from './sealed-objects.js';
import { TypeormObjects } from './typeorm-objects.js';

/** The installation's objects as they are, with their secrets open. */
export async function openDraft(manager: EntityManager, sealer: Sealer | undefined) {
  const vault = new Vault(sealer);
  const objects = new SealedObjects(new TypeormObjects(manager), vault, models);
  const draft = new Draft(models, await objects.loadAll());
  for (const id of objects.stale) draft.renew(id);
  return { vault, objects, draft };
}
