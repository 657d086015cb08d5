import type { JsonMap } from './json.js';

/** A stored blueprint object. `identifiers` contains its key fields, `attrs` all other fields. */
export interface StoredObject {
  readonly id: string;
  readonly model: string;
  readonly identifiers: JsonMap;
  readonly attrs: JsonMap;
}

/** Storage of blueprint objects. */
export abstract class ObjectStore {
  /** Returns all objects in a stable order. */
  abstract loadAll(): Promise<StoredObject[]>;
  abstract save(objects: readonly StoredObject[]): Promise<void>;
  abstract remove(ids: readonly string[]): Promise<void>;
}
