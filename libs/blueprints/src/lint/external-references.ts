import { randomUUID } from 'node:crypto';
import type { Pk } from '../tagged-value.js';

/** The first placeholder pk for users, greater than the pks of users in the files. */
const FIRST_USER_PK = 1_000_000_000;

/**
 * Placeholder pks of objects that are not in the checked files, and may exist in the database to which the files will
 * be applied.
 */
export class ExternalReferences {
  readonly #pks = new Set<Pk>();

  has(pk: Pk): boolean {
    return this.#pks.has(pk);
  }

  /** Returns a new placeholder pk. */
  addPlaceholder(model: string): Pk {
    const pk = model === 'authentik_core.user' ? FIRST_USER_PK + this.#pks.size : randomUUID();
    this.#pks.add(pk);
    return pk;
  }
}
