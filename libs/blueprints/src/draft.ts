import { EXTERNAL_STAGE_MODEL, type Reference } from '@gatehouse/contracts';
import { BlueprintError } from './blueprint-error.js';
import { canonical, equal, type Json, type JsonMap } from './json.js';
import { type BlueprintObject, isOfKind, type ObjectModel, referencesIn } from './object-model.js';
import type { StoredObject } from './object-store.js';

/** An in-memory working copy of all blueprint objects. A run changes it, and saves the changes at its end. */
export class Draft {
  readonly #models: ReadonlyMap<string, ObjectModel>;
  readonly #objects = new Map<string, BlueprintObject>();
  /** The stored values, by id. */
  readonly #storedValues = new Map<string, JsonMap>();
  readonly #byModel = new Map<string, Set<string>>();
  readonly #names = new Map<string, string>();
  readonly #changed = new Set<string>();
  readonly #resealed = new Set<string>();
  readonly #removed = new Set<string>();
  readonly #touched = new Set<string>();

  constructor(models: Iterable<ObjectModel>, stored: readonly StoredObject[]) {
    this.#models = new Map([...models].map((model) => [model.name, model]));
    for (const { id, model, identifiers, attrs } of stored) {
      const values = { ...attrs, ...identifiers };
      this.#storedValues.set(id, values);
      this.#set({ id, model, values });
    }
  }

  get(id: string): BlueprintObject | undefined {
    return this.#objects.get(id);
  }

  /** Returns the stored name of an object that was removed or has another name now. */
  formerNameOf(id: string): string | undefined {
    const name = this.#storedValues.get(id)?.['name'];
    return typeof name === 'string' && name !== this.#objects.get(id)?.values['name'] ? name : undefined;
  }

  modelOf(object: BlueprintObject): ObjectModel | undefined {
    return this.#models.get(object.model);
  }

  /** Returns whether a reference field of this kind and model can refer to the object `id`. */
  has({ to, model = '' }: Pick<Reference, 'to' | 'model'>, id: string): boolean {
    const object = this.#objects.get(id);
    if (!object || !isOfKind(to, this.modelOf(object)?.kind)) return false;
    return ['', object.model].includes(model) || object.model === EXTERNAL_STAGE_MODEL;
  }

  /**
   * Returns the display name of an object: its key fields, with the names of referenced objects in place of their ids.
   */
  displayName(object: BlueprintObject): string {
    const { key = [], references } = this.modelOf(object) ?? {};
    const names = key.map((field) => {
      const value = object.values[field] ?? '';
      const referred = references?.has(field) ? this.#objects.get(String(value)) : undefined;
      return referred ? this.displayName(referred) : String(value);
    });
    return names.filter((name) => name !== '').join(' ');
  }

  *objectsOf(model: string): Iterable<BlueprintObject> {
    for (const id of this.#byModel.get(model) ?? []) yield this.#objects.get(id) as BlueprintObject;
  }

  /**
   * Marks an unchanged object as changed. The run then saves it, which seals it with the current key, and compiles its
   * flows again.
   */
  markForResealing(id: string): void {
    this.#touch(this.#objects.get(id) as BlueprintObject);
    this.#changed.add(id);
    this.#resealed.add(id);
  }

  /** Returns another object of the same kind with the same key fields. */
  findSameKey(object: BlueprintObject): BlueprintObject | undefined {
    const id = this.#names.get(this.#nameOf(object) ?? '');
    return id === undefined || id === object.id ? undefined : this.#objects.get(id);
  }

  /** Adds or replaces an object. Returns whether anything changed. */
  put(object: BlueprintObject): boolean {
    const previous = this.#objects.get(object.id);
    if (previous && equal(previous.values, object.values)) return false;
    if (previous) this.#unset(previous);
    this.#set(object);
    this.#touch(object);
    this.#changed.add(object.id);
    this.#removed.delete(object.id);
    return true;
  }

  /**
   * Removes an object, its children, and the references that other objects have to it. Throws BlueprintError when the
   * removal would let more users pass a flow.
   */
  remove(id: string): void {
    const object = this.#objects.get(id);
    if (!object) return;
    this.#rejectGuardRemoval(object);
    this.#unset(object);
    this.#changed.delete(id);
    this.#removed.add(id);
    for (const other of this.#objects.values()) this.#dropReferences(other, id);
  }

  /** Whether the draft differs from the stored objects. */
  get isChanged(): boolean {
    const { saved, removed } = this.changes;
    return saved.length > 0 || removed.some((id) => this.#storedValues.has(id));
  }

  /** The objects to save and the ids to delete. An object that was changed back to its stored values is not saved. */
  get changes(): { saved: StoredObject[]; removed: string[] } {
    const changed = [...this.#changed].map((id) => this.#objects.get(id) as BlueprintObject);
    const saved = changed.filter(
      ({ id, values }) => this.#resealed.has(id) || !equal(values, this.#storedValues.get(id)),
    );
    return { saved: saved.map((object) => this.#stored(object)), removed: [...this.#removed] };
  }

  /** Ids of the changed and removed objects, and of all objects that they referred to before or refer to now. */
  get touched(): ReadonlySet<string> {
    return this.#touched;
  }

  /**
   * Throws BlueprintError when removing the object would let more users pass: a flow without its policy is open to
   * everybody, and so is an identification stage without its embedded password stage.
   */
  #rejectGuardRemoval(object: BlueprintObject): void {
    for (const host of this.#objects.values()) {
      const model = this.modelOf(host);
      const guards = model?.guards?.(host.values, (id) => this.#protects(id)) ?? [];
      const [field] =
        referencesIn(model, host.values).find(([name, id]) => id === object.id && guards.includes(name)) ?? [];
      if (field === undefined) continue;
      throw new BlueprintError(
        `cannot remove ${this.displayName(object)}: ${this.displayName(host)} uses it as its ${field}. Change or remove ${this.displayName(host)} first`,
      );
    }
  }

  #protects(id: Json | undefined): boolean {
    const object = this.#objects.get(String(id));
    return object !== undefined && this.modelOf(object)?.protects?.(object.values) === true;
  }

  /** Removes `other` if the removed object is its parent. Otherwise clears its references to the removed object. */
  #dropReferences(other: BlueprintObject, removedId: string): void {
    const model = this.modelOf(other);
    if (!model) return;
    const fields = referencesIn(model, other.values).filter(([, id]) => id === removedId);
    if (fields.length === 0) return;
    if (fields.some(([field]) => model.parents.includes(field))) return this.remove(other.id);
    const cleared = Object.fromEntries(
      fields.map(([field]) => [field, without(other.values[field] ?? null, removedId)]),
    );
    this.put({ ...other, values: { ...other.values, ...cleared } });
  }

  #set(object: BlueprintObject): void {
    this.#objects.set(object.id, object);
    const ids = this.#byModel.get(object.model) ?? new Set();
    this.#byModel.set(object.model, ids.add(object.id));
    const name = this.#nameOf(object);
    if (name !== undefined) this.#names.set(name, object.id);
  }

  #unset(object: BlueprintObject): void {
    this.#touch(object);
    this.#objects.delete(object.id);
    this.#byModel.get(object.model)?.delete(object.id);
    this.#names.delete(this.#nameOf(object) ?? '');
  }

  #touch(object: BlueprintObject): void {
    this.#touched.add(object.id);
    const model = this.modelOf(object);
    for (const [, id] of referencesIn(model, object.values)) this.#touched.add(id);
  }

  #nameOf(object: BlueprintObject): string | undefined {
    const model = this.modelOf(object);
    const name = model?.key.map((field) => object.values[field] ?? null);
    return !name || name.includes(null) ? undefined : canonical([model?.kind, ...name]);
  }

  #stored({ id, model, values }: BlueprintObject): StoredObject {
    const key = this.#models.get(model)?.key ?? [];
    const isKey = ([field]: [string, unknown]) => key.includes(field);
    const fields = Object.entries(values);
    const identifiers = Object.fromEntries(fields.filter(isKey));
    return { id, model, identifiers, attrs: Object.fromEntries(fields.filter((field) => !isKey(field))) };
  }
}

const without = (value: Json, removedId: string): Json =>
  Array.isArray(value) ? value.filter((id) => id !== removedId) : null;
