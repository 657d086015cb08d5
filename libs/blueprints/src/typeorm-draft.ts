import { type Sealer, SecretBox } from '@gatehouse/platform';
import type { EntityManager } from 'typeorm';
import { builtInModels } from './built-in-models.js';
import { Draft } from './draft.js';
import { SealedObjectStore } from './sealed-object-store.js';
import { TypeormObjectStore } from './typeorm-object-store.js';

/** Loads all blueprint objects into a draft, with their secrets decrypted. */
export async function openDraft(manager: EntityManager, sealer: Sealer | undefined) {
  const secretBox = new SecretBox(sealer);
  const objects = new SealedObjectStore(new TypeormObjectStore(manager), secretBox, builtInModels);
  const draft = new Draft(builtInModels, await objects.loadAll());
  for (const id of objects.staleIds) draft.markForResealing(id);
  return { secretBox, objects, draft };
}
