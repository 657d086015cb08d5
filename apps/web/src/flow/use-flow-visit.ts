import { MAX_RETRIES } from '@gatehouse/client';
import { useEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import { externalOriginsOf, isAllowedBy } from '../challenges/external-origins.js';
import type { FlowPageData } from '../page.js';
import { ExecutorClient, type Reply } from './executor.js';
import type { FormAnswer } from './page.context.js';
import { rememberProvedAccount } from './remembered-account.js';
import { reduceVisit, type Visit, type VisitEvent, visitOf } from './visit.js';

/** The state of a visit to a flow, and the functions that advance it. */
export interface FlowVisit {
  readonly visit: Visit;
  readonly answer: (fields: FormAnswer) => void;
  readonly answerAutomatically: (fields: FormAnswer) => void;
  readonly sendRequest: (fields: FormAnswer) => Promise<FormAnswer | undefined>;
  readonly refetch: () => void;
}

/** Runs a visit: sends one answer at a time, and retries requests while the service is unavailable. */
export function useFlowVisit(pageData: FlowPageData): FlowVisit {
  const [visit, dispatch] = useReducer(reduceVisit, pageData, visitOf);
  const current = useRef(visit);
  current.current = visit;
  const channel = useMemo(() => new ExecutorChannel(pageData, dispatch), []);
  useRetries(visit, () => void channel.repeat());
  useReloadOnRestore(() => void channel.send(undefined));
  return useMemo(() => {
    const withComponent = (fields: FormAnswer) => ({ ...fields, component: current.current.challenge.component });
    return {
      visit,
      answer: (fields) => {
        dispatch({ kind: 'user-acted' });
        void channel.send(withComponent(fields));
      },
      answerAutomatically: (fields) => void channel.send(withComponent(fields)),
      sendRequest: (fields) => channel.sendRequest(withComponent(fields)),
      refetch: () => void channel.send(undefined),
    };
  }, [visit]);
}

/** Sends answers and fetches challenges, one at a time, and dispatches the replies. */
class ExecutorChannel {
  private readonly executor: ExecutorClient;
  /** The last answer that was sent. Undefined if the last request only fetched the challenge. */
  private lastAnswer: FormAnswer | undefined;
  private busy = false;

  constructor(
    private readonly pageData: FlowPageData,
    private readonly dispatch: (event: VisitEvent) => void,
  ) {
    this.executor = new ExecutorClient(pageData, typeof location === 'undefined' ? '' : location.search);
  }

  repeat(): Promise<void> {
    return this.send(this.lastAnswer);
  }

  /** Sends an answer, or fetches the challenge. Does nothing while another call of `send` is running. */
  async send(fields: FormAnswer | undefined): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.lastAnswer = fields;
    this.dispatch({ kind: 'sent' });
    const reply = await (fields ? this.executor.solve(fields) : this.executor.show());
    this.busy = false;
    if (fields && reply.kind === 'challenge') rememberProvedAccount(fields, reply.challenge);
    if (fields && isForbidden(reply)) return this.send(undefined);
    if (isOtherVisitor(reply)) return location.assign(this.pageData.address);
    if (!reloadsPage(reply, this.pageData)) this.dispatch(reply);
  }

  async sendRequest(fields: FormAnswer): Promise<FormAnswer | undefined> {
    const reply = await this.executor.solve(fields);
    return reply.kind === 'challenge' ? reply.challenge : undefined;
  }
}

/**
 * Returns whether the reply is 403. A login in another tab changes the CSRF token, so an answer of this page can get a
 * 403. The page then shows the current challenge.
 */
const isForbidden = (reply: Reply) => reply.kind === 'refused' && reply.challenge['status'] === 403;

/**
 * Returns whether the flow no longer admits the visitor, because of a login or logout in another tab. The page then
 * reloads, and the gateway redirects it.
 */
const isOtherVisitor = (reply: Reply) =>
  reply.kind === 'challenge' && ['login_required', 'logged_in'].includes(String(reply.challenge['reason']));

/**
 * Reloads the page if its Content-Security-Policy forbids origins of the next challenge. Returns whether it reloads.
 */
function reloadsPage(reply: Reply, pageData: FlowPageData): boolean {
  if (
    reply.kind !== 'challenge' ||
    isAllowedBy(externalOriginsOf(reply.challenge), externalOriginsOf(pageData.challenge))
  )
    return false;
  location.reload();
  return true;
}

function useRetries({ unavailable, phase }: Visit, retry: () => void) {
  useEffect(() => {
    if (!unavailable || phase !== 'idle' || unavailable.tries > MAX_RETRIES) return undefined;
    const timer = setTimeout(retry, unavailable.waitS * 1000);
    return () => clearTimeout(timer);
  }, [unavailable, phase]);
}

/** Fetches the current challenge when the browser restores the page from its back/forward cache. */
function useReloadOnRestore(refetch: () => void) {
  useEffect(() => {
    const onPageShow = ({ persisted }: PageTransitionEvent) => persisted && refetch();
    addEventListener('pageshow', onPageShow);
    return () => removeEventListener('pageshow', onPageShow);
  }, []);
}
