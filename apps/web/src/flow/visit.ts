import { MAX_RETRIES, mayRetry, retryDelayS, type UnavailableReason, withReasons } from '@gatehouse/client';
import type { Challenge, FlowPageData } from '../page.js';
import type { Reply } from './executor.js';

/** The state of a visit to a flow. */
export interface Visit {
  readonly challenge: Challenge;
  readonly run: string | undefined;
  /** Number of the step. A refused answer keeps the number, so that the form keeps its input. */
  readonly step: number;
  readonly phase: 'idle' | 'sending';
  /** Whether the run expired and the flow started again. */
  readonly expired: boolean;
  readonly unavailable: Unavailable | undefined;
  /** Whether another site opened the page and the visitor has not acted yet. */
  readonly awaitsAction: boolean;
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
export type VisitEvent = { readonly kind: 'sent' | 'user-acted' } | Reply;

/** Returns the initial state of a visit. */
export function visitOf({ challenge: received, reasons, run, cross_site, retry_after_s }: FlowPageData): Visit {
  const challenge = withReasons(received, reasons);
  const reason = challenge['reason'] === RATE_LIMITED ? 'limited' : 'service';
  return {
    challenge,
    run,
    step: 0,
    phase: 'idle',
    expired: false,
    awaitsAction: cross_site === true,
    unavailable:
      retry_after_s === undefined ? undefined : nextUnavailable(undefined, { reason, retryAfterS: retry_after_s }),
  };
}

/** The reducer of a visit. */
export function reduceVisit(visit: Visit, event: VisitEvent): Visit {
  switch (event.kind) {
    case 'sent':
      return { ...visit, phase: 'sending', expired: false };
    case 'user-acted':
      return visit.awaitsAction ? { ...visit, awaitsAction: false } : visit;
    case 'unavailable':
      return { ...visit, phase: 'idle', unavailable: nextUnavailable(visit.unavailable, event) };
    case 'refused':
      return withChallenge(visit, event.challenge, { expired: false });
    case 'challenge': {
      const expired = visit.run !== undefined && event.run !== undefined && event.run !== visit.run;
      return { ...withChallenge(visit, event.challenge, { expired }), run: event.run ?? visit.run };
    }
  }
}

function withChallenge(visit: Visit, challenge: Challenge, { expired }: { expired: boolean }): Visit {
  const isRepeated = challenge.component === visit.challenge.component && challenge['response_errors'] != null;
  return {
    ...visit,
    challenge,
    expired,
    phase: 'idle',
    unavailable: undefined,
    step: isRepeated ? visit.step : visit.step + 1,
  };
}

/** Returns the next delay, and how often it was needed: more than MAX_RETRIES times if only the visitor may retry. */
function nextUnavailable(
  before: Unavailable | undefined,
  { reason, retryAfterS }: { reason: UnavailableReason; retryAfterS: number },
): Unavailable {
  const tries = (before?.tries ?? 0) + 1;
  if (tries <= MAX_RETRIES && !mayRetry({ reason, retryAfterS, failures: tries }))
    return { reason, tries: MAX_RETRIES + 1, waitS: retryAfterS };
  return { reason, tries, waitS: retryDelayS({ retryAfterS, failures: tries }) };
}
