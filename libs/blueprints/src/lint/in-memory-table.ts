import type { Identifiers } from '@gatehouse/directory';
import { contains } from '../json.js';

/** Things in memory that are found by their pk or by what is said of them. */
export class InMemoryTable<T extends { readonly pk: string | number }> {
  readonly #all = new Map<T['pk'], T>();

  get size(): number {
    return this.#all.size;
  }

  find({ pk, ...fields }: Identifiers): T[] {
    const isNamed = Object.keys(fields).length > 0;
    return [...this.#all.values()].filter((one) => one.pk === pk || (isNamed && contains({ ...one }, fields)));
  }

  put(one: T): T {
    this.#all.set(one.pk, one);
    return one;
  }

  /** Changes what is there. Throws when it is not. */
  change(pk: T['pk'], changes: Partial<T>): T {
    const before = this.#all.get(pk);
    if (!before) throw new Error(`nothing is registered as ${pk}`);
    return this.put({ ...before, ...changes });
  }

  remove(pk: T['pk']): void {
    this.#all.delete(pk);
  }
}
