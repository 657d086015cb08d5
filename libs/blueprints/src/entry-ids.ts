import type { Reference } from '@gatehouse/contracts';
import { BlueprintError } from './blueprint-error.js';
import { withArticle } from './described-value.js';
import type { BlueprintDocument, Entry } from './document.js';
import type { Json, JsonMap } from './json.js';
import { type FindRealPk, replaceAliases } from './pk-aliases.js';
import type { WrittenObject } from './related-object-error.js';
import { suggestion } from './suggestion.js';
import type { Pk } from './tagged-value.js';

/** The pks of the objects that the entries of a blueprint were applied to. */
export class EntryIds {
  readonly #pks = new Map<string, Pk>();
  /**
   * Maps the `pk` in the identifiers of an entry to the pk of the object that the entry was applied to. For all objects
   * except users.
   */
  readonly #aliases = new Map<Json, Pk>();
  /**
   * The same for users. authentik numbers users and providers separately, so a user and a provider can have the same
   * pk.
   */
  readonly #userAliases = new Map<Json, Pk>();
  /** The first entry of each object, by the text of its pk. */
  readonly #entries = new Map<string, Entry>();
  /** The models of the objects that `!Find` has found, by the text of their pk. */
  readonly #found = new Map<string, string>();
  /** The real pks that tags of the current entry have returned. They are not replaced, even if they equal an alias. */
  readonly #returned = new Set<Json>();

  constructor(private readonly document: BlueprintDocument) {}

  /**
   * Returns the pk of the object that the entry with this `id` was applied to. Throws BlueprintError when no entry
   * before `current` has the id.
   */
  pkOf(id: string, current: Entry | undefined): Pk {
    const pk = this.#pks.get(id);
    if (pk !== undefined) {
      this.#returned.add(pk);
      return pk;
    }
    throw new BlueprintError(`!KeyOf: ${this.#explain(id, current)}`, {}, { code: 'unresolved-reference' });
  }

  #explain(id: string, current: Entry | undefined): string {
    const named = this.document.entries.find((entry) => entry.id === id);
    if (named === undefined)
      return `no entry has the id \`${id}\`.${suggestion(id, this.#pks.keys(), 'Ids before this entry')}`;
    const { number } = named.location;
    const before = current?.location.number ?? 0;
    const subject = `entry ${number}, which has the id \`${id}\`,`;
    if (number === before) return `${subject} cannot refer to itself.`;
    return number < before
      ? `${subject} has no object: its conditions are not met, or its object was removed.`
      : `${subject} comes later. Move it before the entry that refers to it.`;
  }

  /** Saves the pk of the object that an entry was applied to. */
  remember(entry: Entry, { pk }: JsonMap, real: Pk): void {
    const { id } = entry;
    if (!this.#entries.has(String(real))) this.#entries.set(String(real), entry);
    if (id !== undefined && !this.#pks.has(id)) this.#pks.set(id, real);
    if (pk !== undefined && pk !== real) (typeof real === 'number' ? this.#userAliases : this.#aliases).set(pk, real);
  }

  /** Saves the model of an object that a `!Find` has found. */
  rememberFound(pk: Pk, model: string): void {
    this.#found.set(String(pk), model);
    this.#returned.add(pk);
  }

  /** Begins the next entry. */
  begin(): void {
    this.#returned.clear();
  }

  /**
   * Returns how messages describe an object: the entry or the `!Find` that it comes from, and the line of the entry.
   */
  describe(pk: Pk): WrittenObject {
    const entry = this.#entries.get(String(pk));
    const model = this.#found.get(String(pk));
    if (!entry) return { kind: model && `!Find found ${withArticle(model)}`, place: undefined };
    const { number, id, model: written = 'object of another kind' } = entry.location;
    const line = entry.line === undefined ? '' : `line ${entry.line}`;
    const kind = `${id === undefined ? `entry ${number}` : `\`${id}\``} is ${withArticle(written)}`;
    return { kind: line ? `${kind} (${line})` : kind, place: [`entry ${number}`, line].filter(Boolean).join(', ') };
  }

  /** Forgets a removed object, so that later references to its entries fail. */
  forget(removed: Pk): void {
    this.#entries.delete(String(removed));
    for (const [id, pk] of this.#pks) if (pk === removed) this.#pks.delete(id);
  }

  /**
   * Replaces aliases, that is, pks in the identifiers of earlier entries, by real pks. Keeps pks that tags of the
   * current entry have returned. `references` are the fields that refer to objects.
   */
  withRealPks(values: JsonMap, references: ReadonlyMap<string, Reference> = new Map()): JsonMap {
    if (this.#aliases.size + this.#userAliases.size === 0) return values;
    const realPkOf: FindRealPk = (pk, isUser) =>
      this.#returned.has(pk) ? undefined : (isUser ? this.#userAliases : this.#aliases).get(pk);
    return replaceAliases(values, realPkOf, references);
  }
}
