import type { StageContract } from '@gatehouse/contracts';
import type { FlowVersion, InsertableProof } from '@gatehouse/plan';

/** Provides the contracts of stages and policies to a simulation. */
export interface ContractLookup {
  find(kind: string, version: FlowVersion): StageContract | undefined;
  /** The proof steps in the order in which the gateway tries them. */
  proofSteps(): readonly InsertableProof[];
  /** Whether a policy with this config may set facts of the plan or insert steps. */
  mayChangePlan(policy: { readonly kind: string; readonly config: Readonly<Record<string, unknown>> }): boolean;
}
