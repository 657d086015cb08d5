import type { DirectoryStore } from '@gatehouse/directory';
import { type Collection, type FoundObject, noSuchObject, type SaveResult } from './collection.js';
import { isMap, type Json, type JsonMap } from './json.js';
import type { ObjectCollection } from './object-collection.js';
import { isDirectoryReference, type ObjectModel } from './object-model.js';

/** Blueprint objects that point into the directory: users and groups by the ids that never change, as flow versions name them. */
export class DirectoryReferences implements Collection {
  readonly fields: ReadonlySet<string>;
  /** The fields that do, and to what. */
  readonly #foreign: ReadonlyMap<string, string>;

  constructor(
    private readonly objects: ObjectCollection,
    { references }: ObjectModel,
    private readonly register: DirectoryStore,
  ) {
    this.fields = objects.fields;
    this.#foreign = new Map(
      [...references].filter(([, to]) => isDirectoryReference(to)).map(([name, { to }]) => [name, to]),
    );
  }

  async find(identifiers: JsonMap): Promise<FoundObject | undefined> {
    const resolved = await this.#resolved(identifiers);
    // What is gone from the directory still finds the object that names it, so that it can be removed.
    const known = Object.entries(resolved).map(([name, id]) => [
      name,
      id === UNKNOWN_ID ? (identifiers[name] ?? null) : id,
    ]);
    return this.objects.find(Object.fromEntries(known) as JsonMap);
  }

  async check(given: JsonMap, existing: FoundObject | undefined): Promise<() => Promise<SaveResult>> {
    const values = await this.#resolved(given);
    const [unknown] = Object.keys(values).filter((name) => values[name] === UNKNOWN_ID && this.#foreign.has(name));
    if (unknown !== undefined) throw noSuchObject(unknown, pkOf(given[unknown]));
    return this.objects.check(values, existing);
  }

  async remove(found: FoundObject): Promise<void> {
    await this.objects.remove(found);
  }

  async #resolved(values: JsonMap): Promise<JsonMap> {
    const foreign: [string, Json][] = [];
    for (const [name, to] of this.#foreign) {
      if (name in values) foreign.push([name, await this.#idOf(to, pkOf(values[name]))]);
    }
    return { ...values, ...Object.fromEntries(foreign) };
  }

  async #idOf(to: string, pk: Json): Promise<Json> {
    if (pk === null) return null;
    if (to === 'group') return (await this.register.findGroups({ pk }))[0]?.pk ?? UNKNOWN_ID;
    const number = typeof pk === 'string' && /^\d+$/.test(pk) ? Number(pk) : pk;
    return (await this.register.findUsers({ pk: number }))[0]?.uuid ?? UNKNOWN_ID;
  }
}

/** In the place of an id that there is none of; equal to no id. */
const UNKNOWN_ID = false;

/** A reference may be written as a map with a `pk`. */
const pkOf = (value: Json | undefined): Json => (isMap(value) ? ((value as JsonMap)['pk'] ?? null) : (value ?? null));
