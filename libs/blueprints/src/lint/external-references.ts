import { randomUUID } from 'node:crypto';
import type { Pk } from '../tagged-value.js';

/** Numbers of users that are not in the files begin here. */
const FIRST = 1_000_000_000;

/** Objects that are not in the files, and may be in the installation: only their pks are known. */
export class ExternalReferences {
  readonly #pks = new Set<Pk>();

  has(pk: Pk): boolean {
    return this.#pks.has(pk);
  }

  /** The pk of one more. */
  add(model: string): Pk {
    const pk = model === 'authentik_core.user' ? FIRST + this.#pks.size : randomUUID();
    this.#pks.add(pk);
    return pk;
  }
}
