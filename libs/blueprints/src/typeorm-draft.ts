import { type Sealer, SecretBox } from '@gatehouse/platform';
import type { EntityManager } from 'typeorm';
import { Draft } from './draft.js';
import { builtInModels } from './installed.js';
import { SealedObjectStore } from './sealed-objects.js';
import { TypeormObjectStore } from './typeorm-objects.js';

/** The installation's objects as they are, with their secrets open. */
export async function openDraft(manager: EntityManager, sealer: Sealer | undefined) {
  const vault = new SecretBox(sealer);
  const objects = new SealedObjectStore(new TypeormObjectStore(manager), vault, builtInModels);
  const draft = new Draft(builtInModels, await objects.loadAll());
  for (const id of objects.stale) draft.renew(id);
  return { vault, objects, draft };
}
