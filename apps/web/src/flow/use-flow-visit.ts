import { useEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import { externalOriginsOf, isAllowedBy } from '../challenges/external-origins.js';
import type { FlowPageData } from '../page.js';
import { ExecutorClient, type Reply } from './executor.js';
import type { FormAnswer } from './page.context.js';
import { MAX_AUTOMATIC_RETRIES, reduceVisit, type Visit, type VisitEvent, visitOf } from './visit.js';

/** A visit to a flow, and what somebody can do in it. */
export interface FlowVisit {
  readonly visit: Visit;
  readonly answer: (fields: FormAnswer) => void;
  readonly answerUnasked: (fields: FormAnswer) => void;
  readonly ask: (fields: FormAnswer) => Promise<FormAnswer | undefined>;
  readonly again: () => void;
}

/** Keeps a visit going: sends one thing at a time, and tries again by itself what could not be delivered. */
export function useFlowVisit(opened: FlowPageData): FlowVisit {
  const [visit, tell] = useReducer(reduceVisit, opened, visitOf);
  const current = useRef(visit);
  current.current = visit;
  const line = useMemo(() => new ExecutorChannel(opened, tell), []);
  useRetries(visit, () => void line.repeat());
  useReloadOnRestore(() => void line.send(undefined));
  return useMemo(() => {
    const named = (fields: FormAnswer) => ({ ...fields, component: current.current.challenge.component });
    return {
      visit,
      answer: (fields) => {
        tell({ kind: 'acted' });
        void line.send(named(fields));
      },
      answerUnasked: (fields) => void line.send(named(fields)),
      ask: (fields) => line.ask(named(fields)),
      again: () => void line.send(undefined),
    };
  }, [visit]);
}

/** What goes to the executor, and what comes back. */
class ExecutorChannel {
  private readonly executor: ExecutorClient;
  /** What was sent last: an answer, or nothing but the question what is current. */
  private last: FormAnswer | undefined;
  private busy = false;

  constructor(
    private readonly opened: FlowPageData,
    private readonly tell: (happening: VisitEvent) => void,
  ) {
    this.executor = new ExecutorClient(opened, typeof location === 'undefined' ? '' : location.search);
  }

  repeat(): Promise<void> {
    return this.send(this.last);
  }

  /** One thing at a time: whatever is sent meanwhile is dropped. */
  async send(fields: FormAnswer | undefined): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.last = fields;
    this.tell({ kind: 'sent' });
    const reply = await (fields ? this.executor.solve(fields) : this.executor.show());
    this.busy = false;
    if (fields && isForbidden(reply)) return this.send(undefined);
    if (!leavesPage(reply, this.opened)) this.tell(reply);
  }

  async ask(fields: FormAnswer): Promise<FormAnswer | undefined> {
    const reply = await this.executor.solve(fields);
    return reply.kind === 'challenge' ? reply.challenge : undefined;
  }
}

/** The visitor's token has changed since, by a login in another tab: what is current there is shown here. */
const isForbidden = (reply: Reply) => reply.kind === 'refused' && reply.challenge['status'] === 403;

/** A challenge that reaches further than this page may is drawn by a page of its own. */
function leavesPage(reply: Reply, opened: FlowPageData): boolean {
  if (
    reply.kind !== 'challenge' ||
    isAllowedBy(externalOriginsOf(reply.challenge), externalOriginsOf(opened.challenge))
  )
    return false;
  location.reload();
  return true;
}

function useRetries({ away, phase }: Visit, retry: () => void) {
  useEffect(() => {
    if (!away || phase !== 'asking' || away.tries > MAX_AUTOMATIC_RETRIES) return undefined;
    const timer = setTimeout(retry, away.waitS * 1000);
    return () => clearTimeout(timer);
  }, [away, phase]);
}

/** A page that the browser kept while somebody was elsewhere shows what is current when they come back. */
function useReloadOnRestore(again: () => void) {
  useEffect(() => {
    const back = ({ persisted }: PageTransitionEvent) => persisted && again();
    addEventListener('pageshow', back);
    return () => removeEventListener('pageshow', back);
  }, []);
}
