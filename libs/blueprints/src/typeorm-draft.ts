import { type Sealer, SecretBox } from '@gatehouse/platform';
import type { EntityManager } from 'typeorm';
import { builtInModels } from './built-in-models.js';
import { Draft } from './draft.js';
import { SealedObjectStore } from './sealed-object-store.js';
import { TypeormObjectStore } from './typeorm-object-store.js';

/** The installation's objects as they are, with their secrets open. */
export async function openDraft(manager: EntityManager, sealer: Sealer | undefined) {
  const vault = new SecretBox(sealer);
  const objects = new SealedObjectStore(new TypeormObjectStore(manager), vault, builtInModels);
  const draft = new Draft(builtInModels, await objects.loadAll());
  for (const id of objects.stale) draft.renew(id);
  return { vault, objects, draft };
}
