import type {
  AttemptRefusal,
  ObservedFlow,
  PlanOutcome,
  RefusedAttempt,
  StepOutcome,
} from '../src/ports/flow-observer.js';
import { FlowObserver } from '../src/ports/flow-observer.js';

/** Records each report as a text, such as `begun login` or `password rejected`, and the refused attempts. */
export class InMemoryFlowObserver extends FlowObserver {
  readonly seen: string[] = [];
  readonly refused: RefusedAttempt[] = [];

  planBegan({ slug }: ObservedFlow): void {
    this.seen.push(`begun ${slug}`);
  }

  planEnded({ slug }: ObservedFlow, outcome: PlanOutcome): void {
    this.seen.push(`${outcome} ${slug}`);
  }

  stepTaken(_flow: ObservedFlow, kind: string, outcome: StepOutcome): void {
    this.seen.push(`${kind} ${outcome}`);
  }

  shadowJudged(flow: string | undefined, outcome: string, changes: boolean): void {
    this.seen.push(`shadow ${flow} ${outcome}${changes ? ' changes' : ''}`);
  }

  attemptRefused(reason: AttemptRefusal, attempt: RefusedAttempt): void {
    this.refused.push(attempt);
    this.seen.push(`refused ${reason}`);
  }
}
