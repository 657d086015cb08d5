import type { PlanContext } from './plan-context.js';
import type { Insert } from './stage-reply.js';

/** What passing a stage proves about the user. */
export interface StageProof {
  /** `first` is a sufficient proof of identity, `further` is an additional factor. */
  readonly factor: 'first' | 'further';
  /** What happens to a user who has no credential for the proof. */
  readonly if_missing: 'refused' | 'set_up' | 'let_in';
}

/**
 * What tools that predict the paths of a flow cannot derive from the other members of a contract
 * (docs/spec/simulation.md#outcomes).
 */
export interface StageForecast {
  /** Steps that the stage may insert, apart from stages that its config refers to. */
  readonly inserts?: readonly Insert[];
  /** Facts that the stage writes when it passes, with made-up values. */
  readonly writes?: PlanContext;
  /** False for a stage that never passes, because it redirects the visitor to another site. */
  readonly passes?: boolean;
}
