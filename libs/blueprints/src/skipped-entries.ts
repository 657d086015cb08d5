import { createHash } from 'node:crypto';
import { ValidationError } from './collection.js';
import type { Entry } from './document.js';
import { isMap, type Json, type JsonMap } from './json.js';
import type { Pk } from './tagged-value.js';

/** The skipped entries of a blueprint, to recognise references to them. */
export class SkippedEntries {
  readonly #names = new Map<Json, string>();

  /**
   * Registers a skipped entry. Returns its placeholder pk, which is the same in every run, and the pk that the entry
   * has in its identifiers, if any.
   */
  add({ location: { number, id }, identifiers }: Entry, model: string): { pk: Pk; claimed: Json | undefined } {
    const pk = uuidOf(`${model} ${number} ${id ?? ''}`);
    this.#names.set(pk, id === undefined ? `entry ${number}` : `"${id}"`);
    const { pk: claimed } = identifiers;
    return { pk, claimed: typeof claimed === 'string' ? claimed : undefined };
  }

  /** Returns the name of the first skipped entry that a value refers to, or undefined. */
  nameIn(value: Json): string | undefined {
    const name = this.#names.get(value);
    if (name !== undefined || value === null || typeof value !== 'object') return name;
    return Object.values(value)
      .map((part) => this.nameIn(part))
      .find((result) => result !== undefined);
  }

  /** Returns the name of the skipped entry that an invalid field refers to. Rethrows an error with any other cause. */
  dependencyOf(error: unknown, attrs: JsonMap): string {
    const { field = '' } = error instanceof ValidationError ? error.first : {};
    const name = this.nameIn(attrs[field] ?? null);
    if (name === undefined) throw error;
    return name;
  }

  /** Returns the values without references to skipped entries, at any depth. */
  without(values: JsonMap): JsonMap {
    const remaining = Object.entries(values).filter(([, value]) => !this.#names.has(value));
    return Object.fromEntries(remaining.map(([name, value]) => [name, this.#pruned(value)]));
  }

  #pruned(value: Json): Json {
    if (Array.isArray(value))
      return value.filter((item: Json) => !this.#names.has(item)).map((item) => this.#pruned(item));
    return isMap(value) ? this.without(value as JsonMap) : value;
  }
}

/** Returns a UUID derived from a text. The same text always yields the same UUID. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const [a, b, c, d] = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(13, 16), hex.slice(17, 20)];
  return `${a}-${b}-4${c}-8${d}-${hex.slice(20, 32)}`;
}
