import type { JourneyStep } from '@gatehouse/executor';
import { eventMessage, type OutboxMessage } from '@gatehouse/outbox';

/** What the event `flow_ended` says about a plan. */
export interface RecordedEnd {
  /** Slug of the flow; undefined if the flow was deleted. */
  readonly flow: string | undefined;
  readonly versionId: string;
  readonly outcome: 'done' | 'denied' | 'abandoned' | 'expired';
  readonly loggedIn: boolean;
  readonly reason?: string | undefined;
  /** Milliseconds from the start of the plan to its end. */
  readonly ms: number;
  readonly steps: readonly JourneyStep[];
}

/**
 * The facts of an event, without anything about the visitor. JOURNEY_USERS does not apply to events, because other
 * programs store them.
 */
const ANONYMOUS_FACTS = {
  actor: { type: 'anonymous' },
  user: undefined,
  clientIp: '',
  userAgent: undefined,
  location: undefined,
  plan: undefined,
  requestId: undefined,
} as const;

/** Returns the event `flow_ended` for the end of a plan. */
export function flowEndedMessage({
  flow,
  versionId,
  outcome,
  loggedIn,
  reason,
  ms,
  steps,
}: RecordedEnd): OutboxMessage {
  const context = {
    ...{ version_id: versionId, outcome, logged_in: loggedIn, seconds: Math.max(0, Math.round(ms / 100) / 10) },
    ...(reason !== undefined && { reason }),
    steps: steps.map(({ step, kind, outcome: left, ms: took }) => ({
      step,
      ...(kind && { kind }),
      outcome: left,
      ms: took,
    })),
  };
  return eventMessage({ action: 'flow_ended', context }, { ...ANONYMOUS_FACTS, flow });
}
