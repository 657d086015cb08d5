import type { StageContract } from '@gatehouse/contracts';
import type { FlowVersion } from '@gatehouse/plan';

/** Knows the contracts of stages and policies. */
export interface ContractLookup {
  find(kind: string, version: FlowVersion): StageContract | undefined;
  /** The steps that the gateway may insert to get a missing proof, in their order. */
  proofSteps(): readonly { readonly kind: string; readonly config: Readonly<Record<string, unknown>> }[];
  /** Whether a policy with this config may set facts of the plan or insert steps. */
  mayChangePlan(policy: { readonly kind: string; readonly config: Readonly<Record<string, unknown>> }): boolean;
}
