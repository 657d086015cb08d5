import type { EntityManager } from 'typeorm';
import { ObjectStore, type StoredObject } from './object-store.js';

/** Stores blueprint objects in the schema `flow`, in the caller's transaction. */
export class TypeormObjectStore extends ObjectStore {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async loadAll(): Promise<StoredObject[]> {
    return this.manager.query('SELECT id, model, identifiers, attrs FROM flow.objects ORDER BY model, id');
  }

  async save(objects: readonly StoredObject[]): Promise<void> {
    if (objects.length === 0) return;
    await this.manager.query(
      `INSERT INTO flow.objects (id, model, identifiers, attrs)
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS o (id uuid, model text, identifiers jsonb, attrs jsonb)
       ON CONFLICT (model, id) DO UPDATE SET identifiers = excluded.identifiers, attrs = excluded.attrs`,
      [JSON.stringify(objects)],
    );
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.manager.query('DELETE FROM flow.objects WHERE id = ANY($1::uuid[])', [ids]);
  }
}
