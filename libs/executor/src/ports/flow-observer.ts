import type { StageReply } from '@gatehouse/contracts';
import type { FlowVersion, ShadowVerdict } from '@gatehouse/plan';

/** The properties of a plan's flow that metrics have as labels. */
export type ObservedFlow = Pick<FlowVersion['flow'], 'slug' | 'designation'>;

/** How the plan left a step. `fault`: the stage or a policy failed. `deferred`: a proof step was inserted before it. */
export type StepOutcome = Exclude<StageReply['type'], 'challenge'> | 'skipped' | 'deferred' | 'fault';

/**
 * How a plan ended. An `expired` plan was answered at least once, and then ran out of time. An `abandoned` plan was
 * never answered, or its visitor has cancelled it, has started it again, or has logged in or out by another flow.
 */
export type PlanOutcome = 'done' | 'denied' | 'expired' | 'abandoned';

/**
 * Why an attempt was not judged: its credential is `locked` or `delayed`, its `network` has too many failures, or too
 * many mails were requested (`mail`).
 */
export type AttemptRefusal = 'locked' | 'delayed' | 'network' | 'mail';

/** An attempt that was refused before a stage judged it. */
export interface RefusedAttempt {
  /** The value of the response header `x-authentik-id`. */
  readonly requestId: string;
  /** Address of the client. */
  readonly ip: string;
  /** Slug of the flow; `undefined` outside of flows. */
  readonly flow: string | undefined;
  /** Kind of the stage. */
  readonly kind: string;
  /** uuid of the saved user whose credential was guessed, or to whom a mail would have gone. */
  readonly user: string | undefined;
  /** Keyed hash of a typed user name without an account, shortened; `undefined` for a saved user. */
  readonly subject: string | undefined;
}

/** Receives what happens in flows, for metrics and security log lines. Its methods return at once and never throw. */
export abstract class FlowObserver {
  abstract planBegan(flow: ObservedFlow): void;
  /** `plans` is the number of plans, 1 by default. */
  abstract planEnded(flow: ObservedFlow, outcome: PlanOutcome, plans?: number): void;
  abstract stepTaken(flow: ObservedFlow, kind: string, outcome: StepOutcome): void;
  /**
   * Reports one shadow condition, that is, a policy binding that is evaluated but not enforced. `flow` is the slug;
   * `undefined` outside of flows. `changes` says whether enforcing the condition would change the verdict of its policy
   * set.
   */
  abstract shadowJudged(flow: string | undefined, outcome: ShadowVerdict['outcome'], changes: boolean): void;
  abstract attemptRefused(reason: AttemptRefusal, attempt: RefusedAttempt): void;
}
