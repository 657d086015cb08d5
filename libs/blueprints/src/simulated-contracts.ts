import { policies } from '@gatehouse/policies';
import type { ContractLookup } from '@gatehouse/simulation';
import { findContract, proofSteps } from '@gatehouse/stages';

/** The contracts of all built-in stages and policies, and of the external stages of a flow version, for simulations. */
export const simulatedContracts: ContractLookup = {
  find: findContract,
  proofSteps: () => proofSteps,
  // A newer gateway may have published a kind of policy that is unknown here.
  mayChangePlan: ({ kind, config }) =>
    Object.hasOwn(policies, kind) ? (policies[kind]?.contract.mayChangePlan?.(config) ?? false) : true,
};
