import { BlueprintError } from './blueprint-error.js';
import type { BlueprintDocument, Entry } from './document.js';
import type { Json, JsonMap } from './json.js';
import { replaceAliases } from './pk-aliases.js';
import { suggestion } from './suggestion.js';
import type { Pk } from './tagged-value.js';

/** The pks of the objects that the entries of a blueprint were applied to. */
export class EntryIds {
  readonly #pks = new Map<string, Pk>();
  /** Maps each `pk` in the identifiers of an entry to the pk of the object that the entry was applied to. */
  readonly #aliases = new Map<Json, Pk>();

  constructor(private readonly document: BlueprintDocument) {}

  /**
   * Returns the pk of the object that the entry with this `id` was applied to. Throws BlueprintError when no entry before
   * `current` has the id.
   */
  pkOf(id: string, current: Entry | undefined): Pk {
    const pk = this.#pks.get(id);
    if (pk !== undefined) return pk;
    const reason = `KeyOf: failed to find entry with \`id\` of \`${id}\` and a model instance.`;
    const text = `${reason} ${this.#explain(id, current)}`.trimEnd();
    throw new BlueprintError(text, {}, { code: 'unresolved-reference' });
  }

  #explain(id: string, current: Entry | undefined): string {
    const named = this.document.entries.find((entry) => entry.id === id);
    if (named === undefined) return suggestion(id, this.#pks.keys(), 'Ids before this entry').trimStart();
    const { number } = named.location;
    return number < (current?.location.number ?? 0)
      ? `Entry ${number} has this id, but no object: its conditions are not met, or its object was removed.`
      : `Entry ${number} has this id. Move it before the entry that refers to it.`;
  }

  /** Saves the pk of the object that an entry was applied to. */
  remember({ id }: Entry, { pk }: JsonMap, real: Pk): void {
    if (id !== undefined && !this.#pks.has(id)) this.#pks.set(id, real);
    if (pk !== undefined && pk !== real) this.#aliases.set(pk, real);
  }

  /** Forgets a removed object, so that later references to its entries fail. */
  forget(removed: Pk): void {
    for (const [id, pk] of this.#pks) if (pk === removed) this.#pks.delete(id);
  }

  /** Returns values with the real pks in place of those that earlier entries have in their identifiers. */
  withRealPks(values: JsonMap): JsonMap {
    return replaceAliases(values, this.#aliases);
  }
}
