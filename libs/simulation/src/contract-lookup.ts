import type { StageContract } from '@gatehouse/contracts';
import type { FlowVersion } from '@gatehouse/plan';

/** Finds the contracts of stages. */
export interface ContractLookup {
  find(kind: string, version: FlowVersion): StageContract | undefined;
  /** The steps that the gateway may insert to get a missing proof, in their order. */
  proofSteps(): readonly { readonly kind: string; readonly config: Readonly<Record<string, unknown>> }[];
}
