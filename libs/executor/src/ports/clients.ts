import type {
  PolicyReply,
  PolicyRequest,
  ProofStep,
  StageContract,
  StageReply,
  StageRequest,
  StageVerb,
} from '@gatehouse/contracts';
import type { FlowVersion } from '@gatehouse/plan';

/** The stages, wherever they run. */
export abstract class StageClient {
  /**
   * One turn of one stage. Throws Problem: stage_away, bus_down and stage_busy before the stage began its work,
   * stage_timeout, stage_fault and stage_bad_request after it.
   */
  abstract send(contract: StageContract, verb: StageVerb, request: StageRequest): Promise<StageReply>;
}

/** What every kind of stage promises. */
export abstract class StageContractRegistry {
  /** As a flow version knows the kind. Throws stage_fault for a stranger's that claims what it is not trusted with. */
  abstract find(kind: string, version: FlowVersion): StageContract | undefined;
  /** Whether the answers of some stage, of the house or of the version, carry this component. */
  abstract hasComponent(component: string, version: FlowVersion): boolean;
  /** Whether the answers of some stage, of the house or of the version, have a secret field that no address may name. */
  abstract isSecretField(field: string, version?: FlowVersion): boolean;
  /** Steps that can be added to a plan to prove its user, in the order in which they are asked. */
  abstract proofSteps(): readonly { readonly kind: string; readonly config: ProofStep['config'] }[];
}

/** Policies, wherever they are evaluated. */
export abstract class PolicyClient {
  /**
   * The results of all policies that are asked for. Throws Problem policy_away or bus_down when there are none in time:
   * then nothing is decided.
   */
  abstract evaluate(request: PolicyRequest): Promise<PolicyReply>;
}
