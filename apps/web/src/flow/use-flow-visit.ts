import { MAX_RETRIES } from '@gatehouse/client';
import { useEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import { externalOriginsOf, isAllowedBy } from '../challenges/external-origins.js';
import type { Challenge, FlowPageData } from '../page.js';
import { type AnswerReply, ExecutorClient, type Reply } from './executor.js';
import { withoutLink } from './mailed-link.js';
import type { FormAnswer } from './page.context.js';
import { signalUnknownPasskey } from './passkey-signals.js';
import { rememberProvedAccount } from './remembered-account.js';
import {
  type InterruptedAnswer,
  type ReplyEvent,
  reduceVisit,
  type Sender,
  type Visit,
  type VisitEvent,
  visitOf,
} from './visit.js';

/** The state of a visit to a flow, and the functions that advance it. */
export interface FlowVisit {
  readonly visit: Visit;
  readonly answer: (fields: FormAnswer) => void;
  readonly answerAutomatically: (fields: FormAnswer) => void;
  readonly sendRequest: (fields: FormAnswer) => Promise<FormAnswer | undefined>;
  readonly fetchChallenge: () => Promise<FormAnswer | undefined>;
  readonly refetch: () => void;
  /** Follows a mailed link of a preview, by its token. */
  readonly followLink: (token: string) => void;
}

/** Runs a visit: sends one answer at a time, and retries requests while the service is unavailable. */
export function useFlowVisit(pageData: FlowPageData): FlowVisit {
  const [visit, dispatch] = useReducer(reduceVisit, pageData, visitOf);
  const current = useRef(visit);
  current.current = visit;
  const channel = useMemo(() => new ExecutorChannel(pageData, dispatch), []);
  useRetries(visit, () => void channel.repeat());
  useLinkTokenRemoval(visit, pageData, () => channel.dropLinkToken());
  useReloadOnRestore(() => void channel.send(undefined));
  return useMemo(() => {
    const withComponent = (fields: FormAnswer) => ({ ...fields, component: current.current.challenge.component });
    return {
      visit,
      answer: (fields) => {
        dispatch({ kind: 'user-acted' });
        void channel.send(withComponent(fields), 'visitor');
      },
      answerAutomatically: (fields) => void channel.send(withComponent(fields), 'page'),
      sendRequest: (fields) => channel.sendRequest(withComponent(fields)),
      fetchChallenge: () => channel.fetchChallenge(current.current.challenge.component),
      refetch: () => void channel.send(undefined),
      followLink: (token) => {
        dispatch({ kind: 'user-acted' });
        void channel.followLink(token);
      },
    };
  }, [visit]);
}

/** Sends answers and fetches challenges, one at a time, and dispatches the replies. */
class ExecutorChannel {
  private readonly executor: ExecutorClient;
  /** The last answer, if it may be sent again. */
  private lastAnswer: FormAnswer | undefined;
  private lastSender: Sender | undefined;
  /** The last answer, while it is unknown whether it was processed. */
  private interrupted: InterruptedAnswer | undefined;
  /** Whether the last answer was refused because of its CSRF token. */
  private isOutdated = false;
  private busy = false;

  constructor(
    private readonly pageData: FlowPageData,
    private readonly dispatch: (event: VisitEvent) => void,
  ) {
    this.executor = new ExecutorClient(pageData, typeof location === 'undefined' ? '' : location.search);
  }

  /** Shows the challenge to which a mailed link of a preview leads. Does nothing while a request is running. */
  async followLink(token: string): Promise<void> {
    if (this.busy) return;
    this.executor.follow(token);
    await this.send(undefined);
  }

  dropLinkToken(): void {
    this.executor.dropLinkToken();
  }

  repeat(): Promise<void> {
    return this.send(this.lastAnswer, this.lastSender);
  }

  /**
   * Sends an answer, or fetches the challenge. Does nothing while another call of `send` is running. After an
   * interruption, only fetches the challenge: the page may show a step that has already passed, and the answer to that
   * step must not reach the next step.
   */
  async send(answer: FormAnswer | undefined, sender?: Sender): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const fields = this.interrupted ? undefined : answer;
    this.lastAnswer = fields;
    this.lastSender = sender;
    this.dispatch({ kind: 'sent' });
    const reply: AnswerReply = await (fields ? this.executor.solve(fields) : this.executor.show());
    this.busy = false;
    if (fields && reply.kind === 'challenge' && !reply.interruption && !this.pageData.preview)
      noticeAnswer(fields, reply.challenge);
    this.noticeInterruption(reply, sender);
    // A login in another tab has changed the CSRF token.
    if (reply.interruption === 'csrf_failed' && !(this.isOutdated && sender === 'page')) {
      this.isOutdated = true;
      return this.send(undefined);
    }
    if (fields) this.isOutdated = false;
    // If the gateway had not applied an answer that names its step, the reply would have an interruption.
    const isApplied = reply.answered !== undefined && !reply.interruption;
    this.show({ ...reply, awaited: fields?.['duo'] !== undefined, isApplied });
  }

  /** Remembers that the result of an answer is unknown, until a challenge arrives. */
  private noticeInterruption({ interruption, answered }: AnswerReply, sender: Sender | undefined) {
    if (!interruption || !sender) return;
    this.interrupted = { sender, step: answered };
    this.lastAnswer = undefined;
  }

  private show(reply: AnswerReply & Pick<ReplyEvent, 'awaited' | 'isApplied'>) {
    if (isOtherVisitor(reply)) return location.assign(this.pageData.address);
    if (reloadsPage(reply, this.pageData)) return undefined;
    const { interrupted } = this;
    if (reply.kind !== 'unavailable') this.interrupted = undefined;
    return this.dispatch({ ...reply, interrupted });
  }

  async fetchChallenge(component: string): Promise<FormAnswer | undefined> {
    if (this.busy) return undefined;
    return this.stillAt(component, await this.executor.show());
  }

  async sendRequest(fields: FormAnswer): Promise<FormAnswer | undefined> {
    const component = String(fields['component']);
    const reply = await this.executor.solve(fields);
    const challenge = this.stillAt(component, reply);
    // The request may have changed the id of the step.
    if (reply.kind !== 'challenge' && reply.interruption) this.stillAt(component, await this.executor.show());
    return challenge;
  }

  /**
   * Returns the challenge of a reply if the flow is still at this step. If another step has replaced it, such as after
   * a restart of the flow, shows that step, because the next answer is for that step.
   */
  private stillAt(component: string, reply: AnswerReply): FormAnswer | undefined {
    if (reply.kind !== 'challenge') return undefined;
    if (reply.challenge.component === component && !reply.interruption) return reply.challenge;
    if (!this.busy) {
      this.noticeInterruption(reply, 'visitor');
      this.show(reply);
    }
    return undefined;
  }
}

/** Lets the browser remember a proved account, and forget an unknown passkey. */
function noticeAnswer(answer: FormAnswer, next: Challenge): void {
  rememberProvedAccount(answer, next);
  void signalUnknownPasskey(answer, next);
}

/**
 * Returns whether the flow no longer admits the visitor, because of a login or logout in another tab. The page then
 * reloads, and the gateway redirects it.
 */
const isOtherVisitor = (reply: Reply) =>
  reply.kind === 'challenge' && ['login_required', 'logged_in'].includes(String(reply.challenge['reason']));

/**
 * Reloads the page if its Content-Security-Policy forbids origins of the next challenge. Returns whether it reloads. A
 * preview never reloads, because its run would start again.
 */
function reloadsPage(reply: Reply, pageData: FlowPageData): boolean {
  if (
    reply.kind !== 'challenge' ||
    pageData.preview ||
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

/** Removes the token of a mailed link from the URL of the page when the visit no longer needs the token. */
function useLinkTokenRemoval({ address }: Visit, pageData: FlowPageData, drop: () => void) {
  useEffect(() => {
    if (address === pageData.address) return;
    drop();
    history.replaceState(history.state, '', withoutLink(location.pathname + location.search));
  }, [address]);
}

/** Fetches the current challenge when the browser restores the page from its back/forward cache. */
function useReloadOnRestore(refetch: () => void) {
  useEffect(() => {
    const onPageShow = ({ persisted }: PageTransitionEvent) => persisted && refetch();
    addEventListener('pageshow', onPageShow);
    return () => removeEventListener('pageshow', onPageShow);
  }, []);
}
