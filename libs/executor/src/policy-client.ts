import type { PolicyReply, PolicyRequest } from '@gatehouse/contracts';

/** Policies, wherever they are evaluated. */
export abstract class PolicyClient {
  /**
   * The results of all policies that are asked for. Throws Problem policy_away or bus_down when there are none in time:
   * then nothing is decided.
   */
  abstract evaluate(request: PolicyRequest): Promise<PolicyReply>;
}
