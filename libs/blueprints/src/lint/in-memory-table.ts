import { type Identifiers, UnknownFieldError } from '@gatehouse/directory';
import { contains } from '../json.js';

/** Rows in memory that can be found by pk or by field values. A stored map has a value if it contains the given map. */
export class InMemoryTable<T extends { readonly pk: string | number }> {
  readonly #rows = new Map<T['pk'], T>();

  /** `known` are the fields by which a row can be found, besides `pk`. */
  constructor(private readonly known: readonly string[]) {}

  /** Throws UnknownFieldError for a field by which no row can be found. */
  find({ pk, ...fields }: Identifiers): T[] {
    const unknown = Object.keys(fields).find((field) => !this.known.includes(field));
    if (unknown !== undefined) throw new UnknownFieldError(unknown, this.known);
    const hasFields = Object.keys(fields).length > 0;
    return [...this.#rows.values()].filter((row) => row.pk === pk || (hasFields && contains({ ...row }, fields)));
  }

  /** Returns the texts that the rows have in a field. */
  textsOf(field: keyof T): string[] {
    return [...this.#rows.values()].map((row) => row[field]).filter((value) => typeof value === 'string');
  }

  put(row: T): T {
    this.#rows.set(row.pk, row);
    return row;
  }

  /** Changes the row with this pk. Throws when no row has the pk. */
  change(pk: T['pk'], changes: Partial<T>): T {
    const before = this.#rows.get(pk);
    if (!before) throw new Error(`no row has the pk ${pk}`);
    return this.put({ ...before, ...changes });
  }

  remove(pk: T['pk']): void {
    this.#rows.delete(pk);
  }
}
