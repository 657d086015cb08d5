import { createHash } from 'node:crypto';
import type { Entry } from './document.js';
import { isMap, type Json, type JsonMap } from './json.js';
import type { Pk } from './tagged-value.js';

/** The entries of a blueprint that are left out, so that what refers to them can be told. */
export class SkippedEntries {
  readonly #names = new Map<Json, string>();

  /** Leaves an entry out; answers the pk that stands for it in this run, always the same. */
  add({ place: { number, id }, identifiers }: Entry, model: string): { pk: Pk; claimed: Json | undefined } {
    const pk = uuidOf(`${model} ${number} ${id ?? ''}`);
    this.#names.set(pk, id === undefined ? `entry ${number}` : `"${id}"`);
    const { pk: claimed } = identifiers;
    return { pk, claimed: typeof claimed === 'string' ? claimed : undefined };
  }

  /** What a value refers to that is left out; undefined when it refers to nothing of that. */
  nameIn(value: Json): string | undefined {
    const name = this.#names.get(value);
    if (name !== undefined || value === null || typeof value !== 'object') return name;
    return Object.values(value)
      .map((part) => this.nameIn(part))
      .find((found) => found !== undefined);
  }

  /** The values without what refers to entries that are left out, at any depth. */
  without(values: JsonMap): JsonMap {
    const kept = Object.entries(values).filter(([, value]) => !this.#names.has(value));
    return Object.fromEntries(kept.map(([name, value]) => [name, this.#pruned(value)]));
  }

  #pruned(value: Json): Json {
    if (Array.isArray(value)) return value.filter((one: Json) => !this.#names.has(one)).map((one) => this.#pruned(one));
    return isMap(value) ? this.without(value as JsonMap) : value;
  }
}

/** A UUID that a text always has, so that what is made of it does not change from run to run. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const [a, b, c, d] = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(13, 16), hex.slice(17, 20)];
  return `${a}-${b}-4${c}-8${d}-${hex.slice(20, 32)}`;
}
