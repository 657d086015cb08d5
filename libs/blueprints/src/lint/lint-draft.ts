import type { Reference } from '@gatehouse/contracts';
import { Draft } from '../draft.js';
import type { ObjectModel } from '../object-model.js';
import type { ExternalReferences } from './external-references.js';

/** Objects of files alone: what they refer to and do not bring may be elsewhere. */
export class LintDraft extends Draft {
  constructor(
    models: Iterable<ObjectModel>,
    private readonly elsewhere: ExternalReferences,
  ) {
    super(models, []);
  }

  override has(reference: Pick<Reference, 'to' | 'model'>, id: string): boolean {
    return this.elsewhere.has(id) || super.has(reference, id);
  }
}
