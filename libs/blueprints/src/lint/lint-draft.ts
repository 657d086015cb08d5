import type { Reference } from '@gatehouse/contracts';
import { Draft } from '../draft.js';
import type { ObjectModel } from '../object-model.js';
import type { ExternalReferences } from './external-references.js';

/** A draft of the objects in the checked files. References to objects outside of these files are valid. */
export class LintDraft extends Draft {
  constructor(
    models: Iterable<ObjectModel>,
    private readonly externalReferences: ExternalReferences,
  ) {
    super(models, []);
  }

  override has(reference: Pick<Reference, 'to' | 'model'>, id: string): boolean {
    return this.externalReferences.has(id) || super.has(reference, id);
  }
}
