import { EXTERNAL_STAGE_MODEL, type Reference } from '@gatehouse/contracts';
import { BlueprintError } from './blueprint-error.js';
import { canonical, equal, type Json, type JsonMap } from './json.js';
import { type BlueprintObject, isOfKind, type ObjectModel, referencesIn } from './object-model.js';
import type { StoredObject } from './object-store.js';

/** The installation's objects as a run of blueprints has changed them so far: a working copy in memory, saved at the end. */
export class Draft {
  readonly #models: ReadonlyMap<string, ObjectModel>;
  readonly #objects = new Map<string, BlueprintObject>();
  /** As they are kept. */
  readonly #before = new Map<string, JsonMap>();
  readonly #byModel = new Map<string, Set<string>>();
  readonly #names = new Map<string, string>();
  readonly #changed = new Set<string>();
  readonly #renewed = new Set<string>();
  readonly #removed = new Set<string>();
  readonly #touched = new Set<string>();

  constructor(models: Iterable<ObjectModel>, stored: readonly StoredObject[]) {
    this.#models = new Map([...models].map((model) => [model.name, model]));
    for (const { id, model, identifiers, attrs } of stored) {
      const values = { ...attrs, ...identifiers };
      this.#before.set(id, values);
      this.#set({ id, model, values });
    }
  }

  get(id: string): BlueprintObject | undefined {
    return this.#objects.get(id);
  }

  modelOf(object: BlueprintObject): ObjectModel | undefined {
    return this.#models.get(object.model);
  }

  /** Whether `id` is an object that such a field can refer to. */
  has({ to, model = '' }: Pick<Reference, 'to' | 'model'>, id: string): boolean {
    const object = this.#objects.get(id);
    if (!object || !isOfKind(to, this.modelOf(object)?.kind)) return false;
    return ['', object.model].includes(model) || object.model === EXTERNAL_STAGE_MODEL;
  }

  /** An object as people know it: by names, not by the ids that refer to others. */
  readable(object: BlueprintObject): string {
    const { key = [], references } = this.modelOf(object) ?? {};
    const parts = key.map((field) => {
      const value = object.values[field] ?? '';
      const referred = references?.has(field) ? this.#objects.get(String(value)) : undefined;
      return referred ? this.readable(referred) : String(value);
    });
    return parts.filter((part) => part !== '').join(' ');
  }

  *of(model: string): Iterable<BlueprintObject> {
    for (const id of this.#byModel.get(model) ?? []) yield this.#objects.get(id) as BlueprintObject;
  }

  /** Has an object written again, and what is made of it, though it says what it said. */
  renew(id: string): void {
    this.#touch(this.#objects.get(id) as BlueprintObject);
    this.#changed.add(id);
    this.#renewed.add(id);
  }

  /** Another object of the same kind that has the same name. */
  namesake(object: BlueprintObject): BlueprintObject | undefined {
    const id = this.#names.get(this.#nameOf(object) ?? '');
    return id === undefined || id === object.id ? undefined : this.#objects.get(id);
  }

  /** Adds or replaces an object; says whether that changed anything. */
  put(object: BlueprintObject): boolean {
    const before = this.#objects.get(object.id);
    if (before && equal(before.values, object.values)) return false;
    if (before) this.#unset(before);
    this.#set(object);
    this.#touch(object);
    this.#changed.add(object.id);
    this.#removed.delete(object.id);
    return true;
  }

  /**
   * Removes an object, those that cannot be without it, and what other objects say of it. Throws BlueprintError for one that
   * guards another.
   */
  remove(id: string): void {
    const object = this.#objects.get(id);
    if (!object) return;
    this.#refuseGuard(object);
    this.#unset(object);
    this.#changed.delete(id);
    this.#removed.add(id);
    for (const other of this.#objects.values()) this.#forget(other, id);
  }

  /** Whether anything is other than it is kept. */
  get isChanged(): boolean {
    const { saved, removed } = this.changes;
    return saved.length > 0 || removed.some((id) => this.#before.has(id));
  }

  /** What has to be written: nothing of what has changed back. */
  get changes(): { saved: StoredObject[]; removed: string[] } {
    const changed = [...this.#changed].map((id) => this.#objects.get(id) as BlueprintObject);
    const saved = changed.filter(({ id, values }) => this.#renewed.has(id) || !equal(values, this.#before.get(id)));
    return { saved: saved.map((object) => this.#stored(object)), removed: [...this.#removed] };
  }

  /** Ids of what was changed or removed, and of what those objects refer to, before and after. */
  get touched(): ReadonlySet<string> {
    return this.#touched;
  }

  /** Without its condition a flow is for everybody, and an identification stage without the password stage inside it too. */
  #refuseGuard(object: BlueprintObject): void {
    for (const host of this.#objects.values()) {
      const model = this.modelOf(host);
      const guards = model?.guards?.(host.values, (id) => this.#protects(id)) ?? [];
      const [field] =
        referencesIn(model, host.values).find(([name, id]) => id === object.id && guards.includes(name)) ?? [];
      if (field === undefined) continue;
      throw new BlueprintError(
        `${this.readable(object)} is the ${field} of ${this.readable(host)}, which must be changed or removed first`,
      );
    }
  }

  #protects(id: Json | undefined): boolean {
    const object = this.#objects.get(String(id));
    return object !== undefined && this.modelOf(object)?.protects?.(object.values) === true;
  }

  /** A reference to what is gone takes a child with it, and is emptied in anything else. */
  #forget(other: BlueprintObject, gone: string): void {
    const model = this.modelOf(other);
    if (!model) return;
    const fields = referencesIn(model, other.values).filter(([, id]) => id === gone);
    if (fields.length === 0) return;
    if (fields.some(([field]) => model.parents.includes(field))) return this.remove(other.id);
    const emptied = Object.fromEntries(fields.map(([field]) => [field, without(other.values[field] ?? null, gone)]));
    this.put({ ...other, values: { ...other.values, ...emptied } });
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

const without = (value: Json, gone: string): Json => (Array.isArray(value) ? value.filter((id) => id !== gone) : null);
