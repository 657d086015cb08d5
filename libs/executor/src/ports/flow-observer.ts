import type { StageReply } from '@gatehouse/contracts';
import type { FlowVersion, ShadowVerdict } from '@gatehouse/plan';

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

/** An attempt that was refused. */
export interface RefusedAttempt {
  /** The value of the response header `x-authentik-id`. */
  readonly requestId: string;
  /** Address of the client. */
  readonly ip: string;
  /** Slug of the flow; `undefined` outside of flows. */
  readonly flow: string | undefined;
  /** Kind of the stage. */
  readonly kind: string;
  /** uuid of the saved user whose credential was guessed, or to whom a mail would go. */
  readonly user: string | undefined;
  /** Pseudonym of a name without an account. */
  readonly subject: string | undefined;
}

/** Gets told what happens in flows, for metrics and security log lines. Its methods return at once and do not throw. */
export abstract class FlowObserver {
  abstract planBegan(flow: ObservedFlow): void;
  /** `plans` is the number of plans, 1 by default. */
  abstract planEnded(flow: ObservedFlow, outcome: PlanOutcome, plans?: number): void;
  abstract stepTaken(flow: ObservedFlow, kind: string, outcome: StepOutcome): void;
  /**
   * `flow` is the slug; `undefined` outside of flows. `changes` says whether the verdict of the set would be another if
   * the condition were enforced.
   */
  abstract shadowJudged(flow: string | undefined, outcome: ShadowVerdict['outcome'], changes: boolean): void;
  abstract attemptRefused(reason: AttemptRefusal, attempt: RefusedAttempt): void;
}
