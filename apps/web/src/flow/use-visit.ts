import { useEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import { isWithin, reachOf } from '../challenges/reach.js';
import type { Opened } from '../page.js';
import { Executor, type Reply } from './executor.js';
import type { Answer } from './page.context.js';
import { after, type Happening, PATIENCE, type Visit, visitOf } from './visit.js';

/** A visit to a flow, and what somebody can do in it. */
export interface LivingVisit {
  readonly visit: Visit;
  readonly answer: (fields: Answer) => void;
  readonly ask: (fields: Answer) => Promise<Answer | undefined>;
  readonly again: () => void;
}

/** Keeps a visit going: sends one thing at a time, and tries again by itself what could not be delivered. */
export function useVisit(opened: Opened): LivingVisit {
  const [visit, tell] = useReducer(after, opened, visitOf);
  const current = useRef(visit);
  current.current = visit;
  const line = useMemo(() => new Line(opened, tell), []);
  useRetries(visit, () => void line.repeat());
  useFreshness(() => void line.send(undefined));
  return useMemo(() => {
    const named = (fields: Answer) => ({ ...fields, component: current.current.challenge.component });
    return {
      visit,
      answer: (fields) => void line.send(named(fields)),
      ask: (fields) => line.ask(named(fields)),
      again: () => void line.send(undefined),
    };
  }, [visit]);
}

/** What goes to the executor, and what comes back. */
class Line {
  private readonly executor: Executor;
  /** What was sent last: an answer, or nothing but the question what is current. */
  private last: Answer | undefined;
  private busy = false;

  constructor(
    private readonly opened: Opened,
    private readonly tell: (happening: Happening) => void,
  ) {
    this.executor = new Executor(opened, typeof location === 'undefined' ? '' : location.search);
  }

  repeat(): Promise<void> {
    return this.send(this.last);
  }

  /** One thing at a time: whatever is sent meanwhile is dropped. */
  async send(fields: Answer | undefined): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.last = fields;
    this.tell({ kind: 'sent' });
    const reply = await (fields ? this.executor.solve(fields) : this.executor.show());
    this.busy = false;
    if (fields && isForbidden(reply)) return this.send(undefined);
    if (!leaves(reply, this.opened)) this.tell(reply);
  }

  async ask(fields: Answer): Promise<Answer | undefined> {
    const reply = await this.executor.solve(fields);
    return reply.kind === 'challenge' ? reply.challenge : undefined;
  }
}

/** The visitor's token has changed since, by a login in another tab: what is current there is shown here. */
const isForbidden = (reply: Reply) => reply.kind === 'refused' && reply.challenge['status'] === 403;

/** A challenge that reaches further than this page may is drawn by a page of its own. */
function leaves(reply: Reply, opened: Opened): boolean {
  if (reply.kind !== 'challenge' || isWithin(reachOf(reply.challenge), reachOf(opened.challenge))) return false;
  location.reload();
  return true;
}

function useRetries({ away, phase }: Visit, retry: () => void) {
  useEffect(() => {
    if (!away || phase !== 'asking' || away.tries > PATIENCE) return undefined;
    const timer = setTimeout(retry, away.waitS * 1000);
    return () => clearTimeout(timer);
  }, [away, phase]);
}

/** A page that the browser kept while somebody was elsewhere shows what is current when they come back. */
function useFreshness(again: () => void) {
  useEffect(() => {
    const back = ({ persisted }: PageTransitionEvent) => persisted && again();
    addEventListener('pageshow', back);
    return () => removeEventListener('pageshow', back);
  }, []);
}
