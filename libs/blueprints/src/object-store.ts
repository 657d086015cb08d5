import type { JsonMap } from './json.js';

/** An object of a blueprint as it is kept: `identifiers` name it among its kind, `attrs` are the rest. */
export interface StoredObject {
  readonly id: string;
  readonly model: string;
  readonly identifiers: JsonMap;
  readonly attrs: JsonMap;
}

/** The blueprint objects of the installation. */
export abstract class ObjectStore {
  /** All of them, in a stable order. */
  abstract loadAll(): Promise<StoredObject[]>;
  abstract save(objects: readonly StoredObject[]): Promise<void>;
  abstract remove(ids: readonly string[]): Promise<void>;
}
