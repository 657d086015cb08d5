import { isLocalPath, Problem, type PublishedSource, type Sentence, sentence } from '@gatehouse/contracts';
import type { FlowStartOptions, SessionCookie } from '@gatehouse/executor';
import { type Identity, LOG_IN_AGAIN, toSavedUser } from '@gatehouse/executor';
import { markedNext } from '../http/cross-site.js';
import type { SourceBook } from './source-book.js';
import { postLoginSteps, type SourceUser, sourceContext } from './source-plan.js';
import type { SourceStageResumer } from './source-stage.resumer.js';
import { matchUser, type SourceIdentity } from './source-user.matcher.js';

/** Where whoever has connected themselves goes on. */
const LINKED_URL = '/if/user/#/settings;page-sources';
/** Where whoever asked for nothing else goes on. */
const USER_PAGE_URL = '/if/user/';

/** Why somebody from a source gets no further: with 200 a refusal, with 400 a source that is not set up for them. */
export interface SourceRefusal {
  readonly status: 200 | 400;
  readonly why: Sentence;
}

/** What becomes of somebody who comes from a source. */
export type SourceFlowResult =
  | { readonly to: string; readonly cookie?: SessionCookie }
  | { readonly begin: string; readonly beginning: FlowStartOptions }
  | { readonly turned: SourceRefusal };

/** Who has arrived, and in which session. */
export interface SourceLoginContext {
  readonly source: PublishedSource;
  readonly identity: SourceIdentity;
  readonly sessionKey: Buffer | undefined;
  /** Who is logged in. */
  readonly visitor: Identity | undefined;
  /** Whether the visitor's login is a recent proof. */
  readonly recent: boolean;
  readonly clientIp: string;
  /** The query that they set out with. */
  readonly query: Readonly<Record<string, string>>;
}

const NO_ENROLMENT = sentence('Source is not configured for enrollment.');
const NO_FLOW = sentence('Configured flow does not exist.');

interface Parts {
  readonly book: SourceBook;
  readonly returns: SourceStageResumer;
}

/** Decides what becomes of those who come from sources (docs/spec/sources.md). */
export class SourceFlowManager {
  constructor(private readonly parts: Parts) {}

  /** Goes on with a flow that waits for them, connects who is logged in, or else begins a login or an enrolment. */
  async receive(newcomer: SourceLoginContext): Promise<SourceFlowResult> {
    const { source, visitor } = newcomer;
    const waiting = await this.parts.returns.find(newcomer, source);
    if (!waiting) return visitor ? this.connectOwn(newcomer, visitor) : this.enter(newcomer);
    const comer = await this.comerOf(newcomer);
    if (!comer || !this.parts.returns.admits(waiting, comer, visitor)) return refusal(newcomer);
    const cookie = await this.parts.returns.resume(waiting, comer, newcomer);
    if (cookie) return { to: flowPageUrl(waiting), cookie };
    throw new Problem('stage_busy', { detail: 'Another request of this session was quicker.' });
  }

  /** Connects the visitor, if their login is recent: a new connection lets its owner log in. */
  private async connectOwn(newcomer: SourceLoginContext, visitor: Identity): Promise<SourceFlowResult> {
    const outsider = { source: newcomer.source.uuid, identifier: newcomer.identity.identifier };
    const mayConnect = newcomer.recent || (await this.parts.book.findConnected(outsider))?.uuid === visitor.uuid;
    return mayConnect ? this.connect(newcomer, visitor) : { turned: { status: 200, why: LOG_IN_AGAIN } };
  }

  /** Connects whoever is logged in. */
  async connect(
    { source, identity, clientIp }: Pick<SourceLoginContext, 'source' | 'identity' | 'clientIp'>,
    visitor: Identity,
  ): Promise<{ readonly to: string } | { readonly turned: SourceRefusal }> {
    const outsider = { source: source.uuid, name: source.name, identifier: identity.identifier };
    const outcome = await this.parts.book.connect(outsider, { user: toSavedUser(visitor), clientIp });
    if (outcome !== 'taken') return { to: LINKED_URL };
    return {
      turned: {
        status: 200,
        why: sentence('This account of {source} is connected with another user.', { source: source.name }),
      },
    };
  }

  private async enter(newcomer: SourceLoginContext): Promise<SourceFlowResult> {
    const comer = await this.comerOf(newcomer);
    if (!comer) return refusal(newcomer);
    const { source, query } = newcomer;
    const slug = comer.known ? source.authentication_flow : source.enrollment_flow;
    if (slug === null) return { turned: { status: 400, why: comer.known ? NO_FLOW : NO_ENROLMENT } };
    const context = { ...sourceContext(comer), redirect: safeDestination(query['next']) };
    return { begin: slug, beginning: { visitor: undefined, context, insert: postLoginSteps(comer) } };
  }

  /** Undefined for whom the source does not let in. */
  private async comerOf({ source, identity }: SourceLoginContext): Promise<SourceUser | undefined> {
    const outsider = { source: source.uuid, identifier: identity.identifier };
    const connected = await this.parts.book.findConnected(outsider);
    const matching = this.parts.book.findMatching.bind(this.parts.book);
    const decision = await matchUser(source, identity, { connected, matching });
    if (decision === 'denied') return undefined;
    return { source, identity, known: decision === 'new' ? undefined : decision.known };
  }
}

/** Returns `next` if it is a path of this site, marked if it acts; else the user's page. */
const safeDestination = (next: string | undefined) =>
  next !== undefined && isLocalPath(next) ? markedNext(next) : USER_PAGE_URL;

const refusal = ({ source: { name } }: SourceLoginContext): SourceFlowResult => ({
  turned: {
    status: 200,
    why: sentence(
      "Request to authenticate with {name} has been denied. Please authenticate with the source you've previously signed up with.",
      { name },
    ),
  },
});

function flowPageUrl({
  slug,
  stored,
}: {
  slug: string;
  stored: { plan: { query: Readonly<Record<string, string>> } };
}) {
  const query = new URLSearchParams(stored.plan.query).toString();
  return `/if/flow/${slug}/${query && `?${query}`}`;
}

/** A flow that is not there any more is none. */
export const refusalFor = (error: unknown): SourceRefusal => {
  if (error instanceof Problem && error.code === 'not_found') return { status: 400, why: NO_FLOW };
  if (error instanceof Problem && error.code === 'flow_not_applicable') return { status: 200, why: error.detail };
  throw error;
};
