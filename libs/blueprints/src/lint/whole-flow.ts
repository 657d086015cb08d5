import { EXTERNAL_STAGE_MODEL } from '@gatehouse/contracts';
import { type BlueprintObject, isDirectoryReference, referencesIn } from '../object-model.js';
import type { LintDraft } from './lint-draft.js';
import type { LintedFlow } from './linted-flow.js';

/** Whether the files contain everything that a flow version is compiled from, so that its paths are known. */
export function isWhole({ flow, conditions, shadows, steps }: LintedFlow, draft: LintDraft): boolean {
  const bound = steps.flatMap((step) => [step.binding, ...step.conditions, ...step.shadows]);
  const pending: (BlueprintObject | undefined)[] = [flow, ...conditions, ...shadows, ...bound];
  const seen = new Set<unknown>();
  for (const object of pending) {
    // Without the bus, the linter does not know what an external stage does.
    if (!object || object.model === EXTERNAL_STAGE_MODEL) return false;
    if (seen.has(object.id)) continue;
    seen.add(object.id);
    for (const [, id, reference] of referencesIn(draft.modelOf(object), object.values)) {
      // A flow version contains only the slug of a flow to which it refers, and only the id of a source, group or
      // user. So these do not have to be in the files.
      if (isDirectoryReference(reference) || ['flow', 'source'].includes(reference.to)) continue;
      if (reference.to !== 'target') pending.push(draft.get(id));
    }
  }
  return true;
}
