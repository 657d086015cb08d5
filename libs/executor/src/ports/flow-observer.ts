import type { StageReply } from '@gatehouse/contracts';
import type { FlowVersion } from '@gatehouse/plan';

/** The flow of a plan, as metrics name it. */
export type ObservedFlow = Pick<FlowVersion['flow'], 'slug' | 'designation'>;

/** How a step left the plan. `fault` is a step without a reply, because its stage or its policies failed. */
export type StepOutcome = Exclude<StageReply['type'], 'challenge'> | 'skipped' | 'deferred' | 'fault';

/**
 * How a plan ended. `expired` and `abandoned` plans were never finished: an expired plan was answered at least once, and
 * ran out of time. The visitor of an abandoned plan has cancelled it, has started it
 * again, has logged in or out by another flow, or has never answered it.
 */
export type PlanOutcome = 'done' | 'denied' | 'expired' | 'abandoned';

/**
 * Why an attempt was not judged: its credential is `locked` or `delayed`, its `network` has too many failures, or too
 * many mails were requested (`mail`).
 */
export type AttemptRefusal = 'locked' | 'delayed' | 'network' | 'mail';

/** Gets told what happens in flows, for metrics. Its methods return at once and do not throw. */
export abstract class FlowObserver {
  abstract planBegan(flow: ObservedFlow): void;
  /** `plans` is the number of plans, 1 by default. */
  abstract planEnded(flow: ObservedFlow, outcome: PlanOutcome, plans?: number): void;
  abstract stepTaken(flow: ObservedFlow, kind: string, outcome: StepOutcome): void;
  abstract attemptRefused(reason: AttemptRefusal): void;
}
