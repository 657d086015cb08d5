import { MAX_RETRIES, mayRetry, retryDelayS, type UnavailableReason, withReasons } from '@gatehouse/client';
import type { Challenge, FlowPageData } from '../page.js';
import type { Reply } from './executor.js';
import { withoutLink } from './mailed-link.js';

/** The state of a visit to a flow. */
export interface Visit {
  readonly challenge: Challenge;
  readonly run: string | undefined;
  /** URL of the page, for its links and forms. */
  readonly address: string;
  /** Number of the step. A refused answer keeps the number, so that the form keeps its input. */
  readonly step: number;
  readonly phase: 'idle' | 'sending';
  /** Whether the run expired and the flow started again. */
  readonly expired: boolean;
  /** Whether the challenge was fetched because it is unknown whether the visitor's last answer was processed. */
  readonly interrupted: boolean;
  readonly unavailable: Unavailable | undefined;
  /** Number of consecutive failures. Counting continues when an interrupted automatic answer fails again. */
  readonly failures: number;
  /** Whether another site opened the page and the visitor has not acted yet. */
  readonly awaitsAction: boolean;
}

/** The sender of an answer: the visitor, or the page by itself. */
export type Sender = 'visitor' | 'page';

/** An answer that may or may not have been processed. */
export interface InterruptedAnswer {
  readonly sender: Sender;
  /** Id of the step that the answer was for. If the current step has the same id, the answer was not processed. */
  readonly step: string | undefined;
}

/** Why the executor is unavailable and how long to wait. `tries` counts the failures in a row. */
export interface Unavailable {
  readonly reason: UnavailableReason;
  readonly waitS: number;
  readonly tries: number;
}

/** Code of the problem that a client or a network has sent too many requests. */
const RATE_LIMITED = 'rate_limited';

/** An event that changes a visit. */
export type VisitEvent = { readonly kind: 'sent' | 'user-acted' } | ReplyEvent;

/**
 * A reply. `interrupted` is the last answer if it is unknown whether it was processed. `awaited`: the answer waits for
 * a decision on another device, such as a Duo push, so a reply without errors shows the same step. `isApplied`: the run
 * has applied the answer, also if it is a new run that has replaced an expired one.
 */
export type ReplyEvent = Reply & {
  readonly interrupted?: InterruptedAnswer | undefined;
  readonly awaited?: boolean;
  readonly isApplied?: boolean;
};

/** Returns the initial state of a visit. */
export function visitOf({
  challenge: received,
  reasons,
  run,
  address,
  cross_site,
  retry_after_s,
}: FlowPageData): Visit {
  const challenge = withReasons(received, reasons);
  const reason = challenge['reason'] === RATE_LIMITED ? 'limited' : 'service';
  const unavailable =
    retry_after_s === undefined ? undefined : unavailableAt(1, { reason, retryAfterS: retry_after_s });
  return {
    challenge,
    run,
    address,
    step: 0,
    phase: 'idle',
    expired: false,
    awaitsAction: cross_site === true,
    interrupted: false,
    unavailable,
    failures: unavailable?.tries ?? 0,
  };
}

/** The reducer of a visit. */
export function reduceVisit(visit: Visit, event: VisitEvent): Visit {
  switch (event.kind) {
    case 'sent':
      return { ...visit, phase: 'sending', expired: false };
    case 'user-acted':
      return { ...visit, awaitsAction: false, failures: visit.unavailable?.tries ?? 0 };
    case 'unavailable': {
      const unavailable = unavailableAt(visit.failures + 1, event);
      return { ...visit, phase: 'idle', unavailable, failures: unavailable.tries };
    }
    case 'refused':
      return { ...withChallenge(visit, event), expired: false };
    case 'challenge': {
      const isOther = visit.run !== undefined && event.run !== undefined && event.run !== visit.run;
      const expired = isOther && !event.isApplied;
      const address = event.isApplied && goesOn(event.challenge) ? withoutLink(visit.address) : visit.address;
      return { ...withChallenge(visit, event), expired, run: event.run ?? visit.run, address };
    }
  }
}

/** Returns whether a reply neither refuses the answer nor ends the run with a denial or an error. */
const goesOn = ({ component, response_errors: errors }: Challenge): boolean =>
  errors == null && !['ak-stage-access-denied', 'ak-stage-flow-error'].includes(component);

/** A challenge, the id of its step, and the answer before it. */
type ShownStep = Pick<ReplyEvent, 'interrupted' | 'awaited'> & {
  readonly challenge: Challenge;
  readonly step?: string | undefined;
};

function withChallenge(visit: Visit, event: ShownStep): Visit {
  const { challenge, interrupted } = event;
  return {
    ...visit,
    challenge,
    phase: 'idle',
    interrupted: interrupted?.sender === 'visitor',
    unavailable: undefined,
    failures: interrupted ? visit.failures : 0,
    step: isSameStep(visit, event) ? visit.step : visit.step + 1,
  };
}

/**
 * Returns whether the form keeps its input. A step whose automatic answer was interrupted starts again with an empty
 * form.
 */
function isSameStep(before: Visit, { challenge, step, interrupted, awaited }: ShownStep): boolean {
  if (interrupted) return interrupted.sender === 'visitor' && step !== undefined && step === interrupted.step;
  return challenge.component === before.challenge.component && (awaited || challenge['response_errors'] != null);
}

/** Returns the delay after `tries` failures. The result has more than MAX_RETRIES if only the visitor may retry. */
function unavailableAt(
  tries: number,
  { reason, retryAfterS }: { reason: UnavailableReason; retryAfterS: number },
): Unavailable {
  if (tries <= MAX_RETRIES && !mayRetry({ reason, retryAfterS, failures: tries }))
    return { reason, tries: MAX_RETRIES + 1, waitS: retryAfterS };
  return { reason, tries, waitS: retryDelayS({ retryAfterS, failures: tries }) };
}
