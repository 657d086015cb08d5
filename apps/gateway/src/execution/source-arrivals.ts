import { isLocalPath, Problem, type PublishedSource, type Sentence, sentence } from '@gatehouse/contracts';
import type { Beginning } from './outset.js';
import { type Identity, savedUserOf } from './plans.js';
import type { SessionCookie } from './request.js';
import type { SourceBook } from './source-book.js';
import { decide, type SourceIdentity } from './source-decision.js';
import { type Comer, factsOf, stepsAfter } from './source-plan.js';
import type { SourceReturns } from './source-returns.js';

/** Where whoever has connected themselves goes on. */
const CONNECTED = '/if/user/#/settings;page-sources';
/** Where whoever asked for nothing else goes on. */
const OWN_PAGE = '/if/user/';

/** Why somebody from a source gets no further: with 200 a refusal, with 400 a source that is not set up for them. */
export interface Turned {
  readonly status: 200 | 400;
  readonly why: Sentence;
}

/** What becomes of somebody who comes from a source. */
export type Arrived =
  | { readonly to: string; readonly cookie?: SessionCookie }
  | { readonly begin: string; readonly beginning: Beginning }
  | { readonly turned: Turned };

/** Who has arrived, and in which session. */
export interface Newcomer {
  readonly source: PublishedSource;
  readonly identity: SourceIdentity;
  readonly sessionKey: Buffer | undefined;
  /** Who is logged in. */
  readonly visitor: Identity | undefined;
  readonly clientIp: string;
  /** The query that they set out with. */
  readonly query: Readonly<Record<string, string>>;
}

const NO_ENROLMENT = sentence('Source is not configured for enrollment.');
const NO_FLOW = sentence('Configured flow does not exist.');

interface Parts {
  readonly book: SourceBook;
  readonly returns: SourceReturns;
}

/** Decides what becomes of those who come from sources (docs/spec/sources.md). */
export class SourceArrivals {
  constructor(private readonly parts: Parts) {}

  /** Goes on with a flow that waits for them, connects who is logged in, or else begins a login or an enrolment. */
  async receive(newcomer: Newcomer): Promise<Arrived> {
    const { source, visitor } = newcomer;
    const waiting = await this.parts.returns.find(newcomer, source);
    if (!waiting) return visitor ? this.connect(newcomer, visitor) : this.enter(newcomer);
    const comer = await this.comerOf(newcomer);
    if (!comer || !this.parts.returns.admits(waiting, comer, visitor)) return turned(newcomer);
    const cookie = await this.parts.returns.resume(waiting, comer, newcomer);
    if (cookie) return { to: pageOf(waiting), cookie };
    throw new Problem('stage_busy', { detail: 'Another request of this session was quicker.' });
  }

  /** Connects whoever is logged in. */
  async connect(
    { source, identity, clientIp }: Pick<Newcomer, 'source' | 'identity' | 'clientIp'>,
    visitor: Identity,
  ): Promise<{ readonly to: string } | { readonly turned: Turned }> {
    const outsider = { source: source.uuid, name: source.name, identifier: identity.identifier };
    const outcome = await this.parts.book.connect(outsider, { user: savedUserOf(visitor), clientIp });
    if (outcome !== 'taken') return { to: CONNECTED };
    return {
      turned: {
        status: 200,
        why: sentence('This account of {source} is connected with another user.', { source: source.name }),
      },
    };
  }

  private async enter(newcomer: Newcomer): Promise<Arrived> {
    const comer = await this.comerOf(newcomer);
    if (!comer) return turned(newcomer);
    const { source, query } = newcomer;
    const slug = comer.known ? source.authentication_flow : source.enrollment_flow;
    if (slug === null) return { turned: { status: 400, why: comer.known ? NO_FLOW : NO_ENROLMENT } };
    const context = { ...factsOf(comer), redirect: destinationOf(query['next']) };
    return { begin: slug, beginning: { visitor: undefined, context, insert: stepsAfter(comer) } };
  }

  /** Undefined for whom the source does not let in. */
  private async comerOf({ source, identity }: Newcomer): Promise<Comer | undefined> {
    const outsider = { source: source.uuid, identifier: identity.identifier };
    const connected = await this.parts.book.findConnected(outsider);
    const matching = this.parts.book.findMatching.bind(this.parts.book);
    const decision = await decide(source, identity, { connected, matching });
    if (decision === 'denied') return undefined;
    return { source, identity, known: decision === 'new' ? undefined : decision.known };
  }
}

/** A path of this site, and no other. */
const destinationOf = (next: string | undefined) => (next !== undefined && isLocalPath(next) ? next : OWN_PAGE);

const turned = ({ source: { name } }: Newcomer): Arrived => ({
  turned: {
    status: 200,
    why: sentence(
      "Request to authenticate with {name} has been denied. Please authenticate with the source you've previously signed up with.",
      { name },
    ),
  },
});

function pageOf({ slug, stored }: { slug: string; stored: { plan: { query: Readonly<Record<string, string>> } } }) {
  const query = new URLSearchParams(stored.plan.query).toString();
  return `/if/flow/${slug}/${query && `?${query}`}`;
}

/** A flow that is not there any more is none. */
export const flowGone = (error: unknown): Turned => {
  if (error instanceof Problem && error.code === 'not_found') return { status: 400, why: NO_FLOW };
  if (error instanceof Problem && error.code === 'flow_not_applicable') return { status: 200, why: error.detail };
  throw error;
};
