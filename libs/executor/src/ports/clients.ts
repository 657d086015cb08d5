import type {
  PolicyReply,
  PolicyRequest,
  StageContract,
  StageReply,
  StageRequest,
  StageVerb,
} from '@gatehouse/contracts';
import type { FlowVersion, InsertableProof } from '@gatehouse/plan';
import type { z } from 'zod';

/** Sends requests to stages. */
export abstract class StageClient {
  /**
   * Returns the reply of a stage. Throws `stage_away`, `bus_down` or `stage_busy` if the stage has not processed the
   * request, and `stage_timeout`, `stage_fault` or `stage_bad_request` if the stage may have processed it.
   */
  abstract send(contract: StageContract, verb: StageVerb, request: StageRequest): Promise<StageReply>;
}

/** Finds the contracts of built-in and external stages. */
export abstract class StageContractRegistry {
  /**
   * Returns the contract of a kind, `undefined` if no stage has that kind. Throws `stage_fault` for an external stage
   * that claims a privilege, such as the effect `login`, and is not in TRUSTED_STAGES.
   */
  abstract find(kind: string, version: FlowVersion): StageContract | undefined;
  /** Whether a built-in stage, or an external stage of the flow version, shows this component. */
  abstract hasComponent(component: string, version: FlowVersion): boolean;
  /**
   * Whether a URL must not have a query parameter of this name: a built-in stage, or an external stage of the flow
   * version, declares a secret field of this name that is not `addressable`.
   */
  abstract isSecretField(field: string, version?: FlowVersion): boolean;
  /**
   * Returns the schema of a vendor's fact (`x_<vendor>_<name>`) that an external stage of the flow version declares.
   */
  abstract ownFact(name: string, version: FlowVersion): z.ZodType | undefined;
  /**
   * Returns the steps that the gateway may insert before a step that changes credentials or logs in, if a proof is
   * missing, in the order in which it tries them.
   */
  abstract proofSteps(): readonly InsertableProof[];
}

/** Sends requests to the policy service. */
export abstract class PolicyClient {
  /**
   * Returns the results of all policies of the request. Throws `policy_away` or `bus_down` if no reply arrives in time.
   */
  abstract evaluate(request: PolicyRequest): Promise<PolicyReply>;
}
