import type { StepReference } from './question.js';
import type { WalkState } from './walk-state.js';

/** How a simulated path through a flow ends. */
export type PathEnd =
  | { readonly type: 'done' }
  /**
   * The flow was denied by `step`. Without `step`, it restarted too often, or a proof or a valid destination was
   * missing.
   */
  | {
      readonly type: 'denied';
      readonly step?: StepReference;
      readonly reason: 'stage' | 'restarts' | 'proof_required' | 'next_invalid';
    }
  /** The visitor may not run the flow, by its authentication requirement or its policies. */
  | { readonly type: 'refused'; readonly by: 'requirement' | 'policies' }
  /** The step waits for the visitor: it shows its challenge again, or has led the visitor to another site. */
  | { readonly type: 'waits'; readonly step: StepReference };

/** Whether a move has ended the path instead of reaching another state. */
export const isEnd = (to: WalkState | PathEnd): to is PathEnd => 'type' in to;
