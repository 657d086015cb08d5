import type { StepReference } from './question.js';
import type { WalkState } from './walk-state.js';

/** How a path ends. */
export type PathEnd =
  | { readonly type: 'done' }
  /** `step` denied the flow. Without a step: the flow restarted too often, or a proof or the destination was missing. */
  | {
      readonly type: 'denied';
      readonly step?: StepReference;
      readonly reason: 'stage' | 'restarts' | 'proof_required' | 'next_invalid';
    }
  /** The flow does not apply to the visitor. */
  | { readonly type: 'refused'; readonly by: 'requirement' | 'policies' }
  /** The step shows its challenge again, or has led the visitor to another site. */
  | { readonly type: 'waits'; readonly step: StepReference };

/** Whether a move has ended the path. */
export const isEnd = (to: WalkState | PathEnd): to is PathEnd => 'type' in to;
