import type { Reference } from '@gatehouse/contracts';
import type { DirectoryStore } from '@gatehouse/directory';
import { type Collection, type FoundObject, type SaveResult } from './collection.js';
import { isMap, type Json, type JsonMap } from './json.js';
import type { ObjectCollection } from './object-collection.js';
import { isDirectoryReference, type ObjectModel } from './object-model.js';
import { noSuchObject } from './related-object-error.js';
import type { Pk } from './tagged-value.js';

/**
 * The collection of objects that refer to users or groups. It stores these references as UUIDs, because flow versions
 * refer to users and groups by UUIDs, which never change.
 */
export class DirectoryReferences implements Collection {
  readonly fields: ReadonlySet<string>;
  readonly references: ReadonlyMap<string, Reference>;
  readonly secrets: ReadonlySet<string>;
  /** The fields that refer to users or groups, with what each refers to. */
  readonly #directoryFields: ReadonlyMap<string, Reference>;

  constructor(
    private readonly objects: ObjectCollection,
    { references }: ObjectModel,
    private readonly directory: DirectoryStore,
  ) {
    this.fields = objects.fields;
    this.references = objects.references;
    this.secrets = objects.secrets;
    this.#directoryFields = new Map([...references].filter(([, to]) => isDirectoryReference(to)));
  }

  async find(identifiers: JsonMap): Promise<FoundObject | undefined> {
    const resolved = await this.#resolved(identifiers);
    // The directory may no longer have the id. Searching for the id still finds an object that refers to it, such as a
    // policy binding of a deleted user, so that an entry can remove the object.
    const searched = Object.entries(resolved).map(([name, id]) => [
      name,
      id === UNKNOWN_ID ? (identifiers[name] ?? null) : id,
    ]);
    return this.objects.find(Object.fromEntries(searched) as JsonMap);
  }

  async check(entryValues: JsonMap, existing: FoundObject | undefined): Promise<() => Promise<SaveResult>> {
    const values = await this.#resolved(entryValues);
    for (const [name, reference] of this.#directoryFields)
      if (values[name] === UNKNOWN_ID) throw noSuchObject(name, pkOf(entryValues[name]), reference);
    return this.objects.check(values, existing);
  }

  valuesOf(field: string): string[] {
    return this.objects.valuesOf(field);
  }

  readFields(pk: Pk): Promise<JsonMap | undefined> {
    return this.objects.readFields(pk);
  }

  async remove(found: FoundObject): Promise<void> {
    await this.objects.remove(found);
  }

  async #resolved(values: JsonMap): Promise<JsonMap> {
    const ids: [string, Json][] = [];
    for (const [name, { to }] of this.#directoryFields) {
      if (name in values) ids.push([name, await this.#idOf(to, pkOf(values[name]))]);
    }
    return { ...values, ...Object.fromEntries(ids) };
  }

  async #idOf(to: string, pk: Json): Promise<Json> {
    if (pk === null) return null;
    if (to === 'group') return (await this.directory.findGroups({ pk }))[0]?.pk ?? UNKNOWN_ID;
    const number = typeof pk === 'string' && /^\d+$/.test(pk) ? Number(pk) : pk;
    return (await this.directory.findUsers({ pk: number }))[0]?.uuid ?? UNKNOWN_ID;
  }
}

/** Placeholder for an unknown user or group. It equals no id. */
const UNKNOWN_ID = false;

/** Returns the pk of a reference, which may be written as a map with a `pk`. */
const pkOf = (value: Json | undefined): Json => (isMap(value) ? ((value as JsonMap)['pk'] ?? null) : (value ?? null));
