import type { Register } from '@gatehouse/directory';
import { type Collection, type Found, noSuchObject, type Saved } from './collection.js';
import { isMap, type Json, type JsonMap } from './json.js';
import type { ObjectCollection } from './object-collection.js';

/** Conditions on flows and their steps: blueprint objects that point into the directory. */
export class PolicyBindingCollection implements Collection {
  readonly fields: ReadonlySet<string>;

  constructor(
    private readonly objects: ObjectCollection,
    private readonly register: Register,
  ) {
    this.fields = objects.fields;
  }

  async find(identifiers: JsonMap): Promise<Found | undefined> {
    const resolved = await this.#resolved(identifiers);
    // What is gone from the directory still finds the condition that names it, so that it can be removed.
    const known = Object.entries(resolved).map(([name, id]) => [
      name,
      id === UNKNOWN ? (identifiers[name] ?? null) : id,
    ]);
    return this.objects.find(Object.fromEntries(known) as JsonMap);
  }

  async check(given: JsonMap, existing: Found | undefined): Promise<() => Promise<Saved>> {
    const values = await this.#resolved(given);
    const [unknown] = Object.keys(values).filter((name) => values[name] === UNKNOWN && isForeign(name));
    if (unknown !== undefined) throw noSuchObject(unknown, pkOf(given[unknown]));
    return this.objects.check(values, existing);
  }

  async remove(found: Found): Promise<void> {
    await this.objects.remove(found);
  }

  /** Users and groups by the ids that never change, as flow versions name them. */
  async #resolved(values: JsonMap): Promise<JsonMap> {
    const foreign: [string, Json][] = [];
    for (const name of FOREIGN) if (name in values) foreign.push([name, await this.#idOf(name, pkOf(values[name]))]);
    return { ...values, ...Object.fromEntries(foreign) };
  }

  async #idOf(name: Foreign, pk: Json): Promise<Json> {
    if (pk === null) return null;
    if (name === 'group') return (await this.register.findGroups({ pk }))[0]?.pk ?? UNKNOWN;
    const number = typeof pk === 'string' && /^\d+$/.test(pk) ? Number(pk) : pk;
    return (await this.register.findUsers({ pk: number }))[0]?.uuid ?? UNKNOWN;
  }
}

/** The fields that point into the directory. */
const FOREIGN = ['group', 'user'] as const;
type Foreign = (typeof FOREIGN)[number];
const isForeign = (name: string) => (FOREIGN as readonly string[]).includes(name);

/** In the place of an id that there is none of; equal to no id. */
const UNKNOWN = false;

/** A reference may be written as a map with a `pk`. */
const pkOf = (value: Json | undefined): Json => (isMap(value) ? ((value as JsonMap)['pk'] ?? null) : (value ?? null));
