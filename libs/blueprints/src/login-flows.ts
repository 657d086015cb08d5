import type { Draft } from './draft.js';
import { bindingModel } from './flow.model.js';
import { type BlueprintObject, referencesIn } from './object-model.js';

/**
 * Returns the ids of the flows that a brand names, and of the flows that their stages link, such as the
 * `passwordless_flow` of an identification stage. The flows of sources do not count: they begin with the return from the
 * source.
 */
export function loginFlowIds(draft: Draft, brand: BlueprintObject): ReadonlySet<string> {
  const ids = new Set(flowsReferredBy(draft, brand));
  const bindings = [...draft.objectsOf(bindingModel.name)];
  // Iterating over a Set includes the members that are added during the iteration.
  for (const id of ids) {
    const stages = bindings.filter(({ values }) => values['target'] === id).map(({ values }) => values['stage']);
    for (const stage of stages) for (const linked of flowsReferredBy(draft, draft.get(String(stage)))) ids.add(linked);
  }
  return ids;
}

function flowsReferredBy(draft: Draft, object: BlueprintObject | undefined): string[] {
  if (!object) return [];
  const references = referencesIn(draft.modelOf(object), object.values);
  return references.filter(([, , { to }]) => to === 'flow').map(([, id]) => id);
}
