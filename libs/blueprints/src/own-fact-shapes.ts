import type { StageDescriptor } from '@gatehouse/contracts';
import { BlueprintError } from './blueprint-error.js';
import { canonical, type JsonMap } from './json.js';

/**
 * Throws BlueprintError if two external stages of a flow declare different shapes for the same own fact: one of them
 * would then receive values that it does not expect.
 */
export function rejectDifferentFacts(flow: string, descriptors: readonly StageDescriptor[]): void {
  const declared = new Map<string, { readonly kind: string; readonly shape: string }>();
  for (const { kind, facts } of descriptors)
    for (const [name, { schema }] of Object.entries(facts)) {
      const shape = canonical(schema as JsonMap);
      const first = declared.get(name);
      if (first && first.shape !== shape)
        throw new BlueprintError(
          `the flow ${flow} has stages that disagree about the fact ${name}: its schema in ${first.kind} is not that in ` +
            `${kind}. Give it the same schema in both descriptors, and apply both stages with one blueprint`,
        );
      declared.set(name, { kind, shape });
    }
}
