import { isLocalPath, Problem, type PublishedSource, type Sentence, sentence } from '@gatehouse/contracts';
import type { FlowStartOptions, SessionCookie } from '@gatehouse/executor';
import { type Identity, LOG_IN_AGAIN, LostRaceProblem, toSavedUser } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { markedNext } from '../http/cross-site-request.js';
import type { RequestFacts } from '../http/event-facts.reader.js';
import { withQuery } from '../http/query.js';
import { SourceRepository } from './source.repository.js';
import { knownUserProfile, postLoginSteps, type SourceUser, sourceContext } from './source-plan.js';
import { SourceStageResumer } from './source-stage.resumer.js';
import { matchUser, type SourceIdentity } from './source-user.matcher.js';

/** URL of the page that a user sees after connecting an account. */
const LINKED_URL = '/if/user/#/settings;page-sources';
/** Page after a login without a `next`. */
const USER_PAGE_URL = '/if/user/';

/**
 * The HTTP status and the reason of a refused login at a source: 200 if the login is denied, 400 if the source lacks
 * the required flow.
 */
export interface SourceRefusal {
  readonly status: 200 | 400;
  readonly why: Sentence;
}

/**
 * How a login at a source continues: at a URL, with a flow to begin, or with a refusal. The page shows `toast` briefly.
 */
export type SourceFlowResult =
  | { readonly to: string; readonly cookie?: SessionCookie; readonly toast?: Sentence }
  | { readonly begin: string; readonly beginning: FlowStartOptions }
  | { readonly refused: SourceRefusal };

/** An identity from a source, and the session that received it. */
export interface SourceLoginContext {
  readonly source: PublishedSource;
  readonly identity: SourceIdentity;
  readonly sessionKey: Buffer | undefined;
  /** The logged-in user; undefined for an anonymous visitor. */
  readonly visitor: Identity | undefined;
  /** Whether the visitor's login is recent enough to connect a new account. */
  readonly recent: boolean;
  /** The facts about the request for the audit events. */
  readonly facts: RequestFacts;
  /** The query with which the login was started. */
  readonly query: Readonly<Record<string, string>>;
}

const NO_ENROLMENT = sentence('Source is not configured for enrollment.');
const NO_FLOW = sentence('Configured flow does not exist.');

/** Decides how a login continues after a source has proved an identity (docs/spec/sources.md). */
@Injectable()
export class SourceFlowManager {
  constructor(
    @Inject(SourceRepository) private readonly sources: SourceRepository,
    @Inject(SourceStageResumer) private readonly resumer: SourceStageResumer,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION'>,
  ) {}

  /**
   * Decides how a login continues: resumes a plan that waits for the source, else connects the logged-in user, else
   * begins a login or an enrolment.
   */
  async receive(login: SourceLoginContext): Promise<SourceFlowResult> {
    const { source, visitor } = login;
    const waiting = await this.resumer.find(login, source);
    if (!waiting) return visitor ? this.connectVisitor(login, visitor) : this.beginFlow(login);
    const sourceUser = await this.match(login);
    if (!sourceUser || !this.resumer.admits(waiting, sourceUser, visitor)) return refusal(login);
    const cookie = await this.resumer.resume(waiting, sourceUser, login);
    if (cookie) return { to: withQuery(`/if/flow/${waiting.slug}/`, waiting.stored.plan.query), cookie };
    throw new LostRaceProblem();
  }

  /**
   * Connects the visitor with the account, unless the visitor is adding a user of the browser. Without a recent login,
   * accepts an existing connection only, because a new connection could be used to log in.
   */
  private async connectVisitor(login: SourceLoginContext, visitor: Identity): Promise<SourceFlowResult> {
    // The account may belong to the user who is being added to the browser.
    if (await this.resumer.isAddingUser(login)) return { refused: { status: 200, why: LOG_IN_AGAIN } };
    const account = { source: login.source.uuid, identifier: login.identity.identifier };
    const mayConnect = login.recent || (await this.sources.findConnected(account))?.uuid === visitor.uuid;
    return mayConnect ? this.connect(login, visitor) : { refused: { status: 200, why: LOG_IN_AGAIN } };
  }

  /** Connects a user with an account. Refuses an account that belongs to another user. */
  async connect(
    { source, identity, facts }: Pick<SourceLoginContext, 'source' | 'identity' | 'facts'>,
    user: Identity,
  ): Promise<{ readonly to: string; readonly toast: Sentence } | { readonly refused: SourceRefusal }> {
    const account = { source: source.uuid, name: source.name, identifier: identity.identifier };
    const result = await this.sources.connect(account, { user: toSavedUser(user), facts });
    if (result !== 'taken')
      return { to: LINKED_URL, toast: sentence('Successfully linked {name}!', { name: source.name }) };
    return {
      refused: {
        status: 200,
        why: sentence('This account of {source} is connected with another user.', { source: source.name }),
      },
    };
  }

  private async beginFlow(login: SourceLoginContext): Promise<SourceFlowResult> {
    const sourceUser = await this.match(login);
    if (!sourceUser) return refusal(login);
    const { source, query } = login;
    const slug = sourceUser.user ? source.authentication_flow : source.enrollment_flow;
    if (slug === null) return { refused: { status: 400, why: sourceUser.user ? NO_FLOW : NO_ENROLMENT } };
    const context = {
      ...sourceContext(sourceUser),
      ...knownUserProfile(sourceUser, this.config.API_VERSION),
      redirect: safeDestination(query['next']),
    };
    return { begin: slug, beginning: { visitor: undefined, context, insert: postLoginSteps(sourceUser) } };
  }

  /**
   * Returns the identity with the user that it belongs to. Returns undefined if the source's matching mode denies the
   * identity.
   */
  private async match({ source, identity }: SourceLoginContext): Promise<SourceUser | undefined> {
    const account = { source: source.uuid, identifier: identity.identifier };
    const connected = await this.sources.findConnected(account);
    const findMatching = this.sources.findMatching.bind(this.sources);
    const match = await matchUser(source, identity, { connected, findMatching });
    if (match === 'denied') return undefined;
    return { source, identity, user: match === 'new' ? undefined : match.user };
  }
}

/**
 * Returns `next` if it is a path of this site, with the cross-site mark if its GET changes something. Otherwise returns
 * the URL of the account page.
 */
const safeDestination = (next: string | undefined) =>
  next !== undefined && isLocalPath(next) ? markedNext(next) : USER_PAGE_URL;

const refusal = ({ source: { name } }: SourceLoginContext): SourceFlowResult => ({
  refused: {
    status: 200,
    why: sentence(
      "Request to authenticate with {name} has been denied. Please authenticate with the source you've previously signed up with.",
      { name },
    ),
  },
});

/** Returns the refusal for a flow that does not exist or does not apply to the user. Rethrows other errors. */
export const refusalFor = (error: unknown): SourceRefusal => {
  if (error instanceof Problem && error.code === 'not_found') return { status: 400, why: NO_FLOW };
  if (error instanceof Problem && error.code === 'flow_not_applicable') return { status: 200, why: error.detail };
  throw error;
};
