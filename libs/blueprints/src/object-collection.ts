import { randomUUID } from 'node:crypto';
import { type ApiVersion, type Reference, secretFields } from '@gatehouse/contracts';
import { z } from 'zod';
import {
  type Collection,
  type FieldWarning,
  type FoundObject,
  type SaveResult,
  unknownIdentifier,
  ValidationError,
  validate,
} from './collection.js';
import type { Draft } from './draft.js';
import { fieldDifferences } from './field-difference.js';
import { type LookupCondition, parseLookup } from './field-lookup.js';
import { canonical, equal, isMap, type Json, type JsonMap } from './json.js';
import { olderDefault } from './newer-fields.js';
import {
  type BlueprintObject,
  isDirectoryReference,
  isFlowPart,
  type ObjectModel,
  referencesIn,
} from './object-model.js';
import { noSuchObject, notUnique } from './related-object-error.js';
import { uuidOf } from './skipped-entries.js';
import type { Pk } from './tagged-value.js';

const NOT_UNIQUE = 'This field must be unique.';
const NOT_AN_ID = 'Must be a valid UUID.';
const isId = (value: unknown): value is string => z.uuid().safeParse(value).success;

/** The objects of one model that is stored as blueprint objects (`ObjectModel`). */
export class ObjectCollection implements Collection<FoundObject> {
  readonly fields: ReadonlySet<string>;
  readonly references: ReadonlyMap<string, Reference>;
  readonly secrets: ReadonlySet<string>;
  readonly schema: z.ZodObject;
  readonly apiVersion: ApiVersion | undefined;

  constructor(
    private readonly model: ObjectModel,
    private readonly draft: Draft,
  ) {
    this.fields = new Set(Object.keys(model.schema.shape));
    this.references = model.references;
    this.secrets = new Set(secretFields(model.schema));
    this.schema = model.schema;
    this.apiVersion = model.apiVersion;
  }

  async find({ pk: entryPk, ...identifiers }: JsonMap): Promise<FoundObject | undefined> {
    const pk = this.#pk(entryPk);
    const conditions = Object.entries(identifiers).map(([name, value]) => this.#condition(name, value));
    const byPk = typeof pk === 'string' ? this.draft.get(pk) : undefined;
    if (byPk?.model === this.model.name) return this.#toFoundObject(byPk);
    if (conditions.length === 0) return undefined;
    for (const object of this.draft.objectsOf(this.model.name)) {
      if (conditions.every(({ matches }) => matches(object.values))) return this.#toFoundObject(object);
    }
    return undefined;
  }

  async check(
    { pk: entryPk, ...entryValues }: JsonMap,
    existing: FoundObject | undefined,
  ): Promise<() => Promise<SaveResult>> {
    const pk = this.#pk(entryPk);
    if (pk !== undefined && !isId(pk)) throw ValidationError.field('pk', NOT_AN_ID);
    const before = existing ? this.draft.get(String(existing.pk)) : undefined;
    const values = this.#accept({ ...before?.values, ...entryValues });
    const object = { id: before?.id ?? pk ?? this.#newId(values), model: this.model.name, values };
    this.#rejectDuplicate(object, before);
    this.#rejectSecondFlag(object);
    return async () => {
      const differences = before ? fieldDifferences(this.draft, before, object) : [];
      const isChanged = this.draft.put(object);
      const outcome = before ? (isChanged ? 'changed' : 'unchanged') : 'created';
      return { ...this.#toFoundObject(object), outcome, ...(differences.length > 0 && { differences }) };
    };
  }

  async warnings(entryValues: JsonMap): Promise<FieldWarning[]> {
    const ignored = Object.entries(this.model.ignores?.(entryValues) ?? {});
    return ignored.map(([field, text]) => ({ rule: 'ignored-value', field, text }));
  }

  /**
   * Returns the id of a new object. For an object that only flow versions contain, the id is derived from its key, so
   * that a draft and a later run give it the same id. Other ids are random, because a new application or source must
   * not get the consents or connections of a removed one.
   */
  #newId(values: JsonMap): string {
    const { name, kind, key, references } = this.model;
    if (!isFlowPart(kind)) return randomUUID();
    const own = key.map((field) => values[field] ?? null);
    // A binding of a group or user has no policy, and so no unique key.
    const referred = own.includes(null) ? [...references.keys()].map((field) => values[field] ?? null) : [];
    const text = canonical([name, ...own, ...referred]);
    let id = uuidOf(text);
    // An object that had this key earlier may still have the id. Then the new object gets another id.
    for (let n = 2; this.draft.get(id); n++) id = uuidOf(`${text} ${n}`);
    return id;
  }

  hasDefault({ pk }: FoundObject, field: string): boolean {
    const schema = this.model.schema.shape[field] as z.ZodType | undefined;
    const parsed = schema?.safeParse(undefined);
    if (!schema || !parsed?.success) return false;
    const value = this.draft.get(String(pk))?.values[field] ?? null;
    return equal(value, parsed.data ?? null) || equal(value, olderDefault(schema));
  }

  valuesOf(field: string): string[] {
    if (this.secrets.has(field) || this.model.references.has(field)) return [];
    const values = [...this.draft.objectsOf(this.model.name)].map(({ values: fields }) => fields[field]);
    return values.filter((value) => typeof value === 'string');
  }

  async readFields(pk: Pk): Promise<JsonMap | undefined> {
    const { values } = this.draft.get(String(pk)) ?? {};
    return values && Object.fromEntries(Object.entries(values).filter(([field]) => !this.secrets.has(field)));
  }

  async remove({ pk }: FoundObject): Promise<void> {
    this.draft.remove(String(pk));
  }

  #pk(entryPk: Json | undefined): Json | undefined {
    return this.model.numbered && typeof entryPk === 'number' ? uuidOf(`${this.model.name} ${entryPk}`) : entryPk;
  }

  #accept(values: JsonMap): JsonMap {
    const flat = Object.fromEntries(Object.entries(values).map(([name, v]) => [name, this.#reference(name, v)]));
    const accepted = validate(this.model.schema, flat) as JsonMap;
    const errors = this.model.check?.({ ...flat, ...accepted }) ?? {};
    if (Object.keys(errors).length > 0) throw new ValidationError(errors);
    for (const [field, id, to] of referencesIn(this.model, accepted)) {
      if (!isDirectoryReference(to) && !this.draft.has(to, id)) throw noSuchObject(field, id, to);
    }
    return accepted;
  }

  #rejectDuplicate(object: BlueprintObject, before: BlueprintObject | undefined): void {
    const samePk = before ? undefined : this.draft.get(object.id);
    if (samePk) throw notUnique('pk', NOT_UNIQUE, this.#named(samePk));
    const sameKey = this.draft.findSameKey(object);
    if (!sameKey) return;
    const [firstField = '', ...otherFields] = this.model.key;
    if (otherFields.length === 0) throw notUnique(firstField, NOT_UNIQUE, this.#named(sameKey));
    const text = `The fields ${this.model.key.join(', ')} must make a unique set.`;
    throw notUnique('non_field_errors', text, this.#named(sameKey));
  }

  #rejectSecondFlag({ id, values }: BlueprintObject): void {
    const { uniqueFlag: sole } = this.model;
    if (sole === undefined || values[sole] !== true) return;
    for (const other of this.draft.objectsOf(this.model.name)) {
      if (other.id !== id && other.values[sole] === true) {
        throw ValidationError.field(
          sole,
          `Only one object can have this flag, and ${this.draft.displayName(other)} has it. Unset it there first.`,
        );
      }
    }
  }

  #condition(name: string, value: Json): LookupCondition {
    const condition = parseLookup(name, this.#reference(name, value));
    if (!condition || !this.fields.has(condition.field)) throw unknownIdentifier(name, this.fields);
    return condition;
  }

  /** Returns the id of a reference, which may be written as a map with a `pk`. */
  #reference(name: string, value: Json): Json {
    if (!this.model.references.has(name)) return value;
    return Array.isArray(value) ? value.map(pkOf) : pkOf(value);
  }

  #named(object: BlueprintObject) {
    return { pk: object.id, name: `${object.model} ${this.draft.displayName(object)}` };
  }

  #toFoundObject(object: BlueprintObject): FoundObject {
    return { pk: object.id, name: this.draft.displayName(object) };
  }
}

const pkOf = (value: Json): Json => (isMap(value) ? ((value as JsonMap)['pk'] ?? null) : value);
