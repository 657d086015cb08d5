import type { Challenge, FlowPageData } from '../page.js';
import type { Reply } from './executor.js';

/** Where a visit to a flow stands. */
export interface Visit {
  readonly challenge: Challenge;
  readonly run: string | undefined;
  /** Grows with every new step; stays where the same step is asked again, so that what was typed stays too. */
  readonly step: number;
  readonly phase: 'asking' | 'answering';
  /** Another run of the flow has begun than the one that the page was opened in. */
  readonly expired: boolean;
  readonly away: Unavailable | undefined;
  /** Another site opened the page, and nobody has acted on it yet. */
  readonly waits: boolean;
}

/** Why nothing came back, and how long to wait; `tries` counts those in a row. */
export interface Unavailable {
  readonly why: 'service' | 'network';
  readonly waitS: number;
  readonly tries: number;
}

/** Tries in a row after which somebody must ask for the next. */
export const MAX_AUTOMATIC_RETRIES = 6;
const LONGEST_WAIT_S = 30;

/** What can happen to a visit. */
export type VisitEvent = { readonly kind: 'sent' | 'acted' } | Reply;

/** A visit as a page is opened. */
export const visitOf = ({ challenge, run, cross_site, retry_after_s }: FlowPageData): Visit => ({
  challenge,
  run,
  step: 0,
  phase: 'asking',
  expired: false,
  waits: cross_site === true,
  away:
    retry_after_s === undefined
      ? undefined
      : nextUnavailable(undefined, { why: 'service', retryAfterS: retry_after_s }),
});

/** The visit after something has happened. */
export function reduceVisit(visit: Visit, happening: VisitEvent): Visit {
  switch (happening.kind) {
    case 'sent':
      return { ...visit, phase: 'answering', expired: false };
    case 'acted':
      return visit.waits ? { ...visit, waits: false } : visit;
    case 'away':
      return { ...visit, phase: 'asking', away: nextUnavailable(visit.away, happening) };
    case 'refused':
      return asked(visit, happening.challenge, { expired: false });
    case 'challenge': {
      const expired = visit.run !== undefined && happening.run !== undefined && happening.run !== visit.run;
      return { ...asked(visit, happening.challenge, { expired }), run: happening.run ?? visit.run };
    }
  }
}

function asked(visit: Visit, challenge: Challenge, { expired }: { expired: boolean }): Visit {
  const again = challenge.component === visit.challenge.component && challenge['response_errors'] != null;
  return { ...visit, challenge, expired, phase: 'asking', away: undefined, step: again ? visit.step : visit.step + 1 };
}

/** At least what was asked for, and twice as long each time. */
function nextUnavailable(
  before: Unavailable | undefined,
  { why, retryAfterS }: { why: Unavailable['why']; retryAfterS: number },
): Unavailable {
  const tries = (before?.tries ?? 0) + 1;
  return { why, tries, waitS: Math.min(LONGEST_WAIT_S, Math.max(retryAfterS, 2 ** (tries - 1))) };
}
