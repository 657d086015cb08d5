import type { Problem, Sentence, User } from '@gatehouse/contracts';
import type { Brand } from '@gatehouse/plan';
import type { GeoLocation } from '@gatehouse/platform';
import type { JourneyFacts } from './journey.js';
import type { Identity } from './ports/plan-store.js';

/** Milliseconds that one request may take in all. */
export const REQUEST_DEADLINE_MS = 20_000;

/** Which plans a request from another site marks: only a plan that the request starts, or any plan (docs/adr/0034). */
export type CrossSite = 'new' | 'any';

/** A client's request to the executor. Made by the controller. */
export interface FlowRequest {
  /** Time of arrival on the clock of `performance.now()`. The deadline counts from it. */
  readonly arrivedAt: number;
  /** The value of the response header `x-authentik-id`. */
  readonly requestId: string;
  readonly slug: string;
  /** The `Host` that the client sent. Selects the brand. Never used to build a link. */
  readonly host: string;
  /** SHA-256 of the session cookie, if the client sent one. */
  readonly sessionKey: Buffer | undefined;
  /**
   * Looks up the API token, and returns its user, who is then the caller. Absent for a request without a token. Throws
   * `token_invalid`.
   */
  readonly authenticate?: (() => Promise<Identity>) | undefined;
  /** The flow page's query, which the client sends in the parameter `query`. A repeated key has its last value. */
  readonly query: Readonly<Record<string, string>>;
  /** The names of all parameters of the request's query and of the flow page's query. */
  readonly queryNames: readonly string[];
  /** The body of a POST. */
  readonly answer: ChallengeSubmission | undefined;
  /**
   * Which plans this request marks as started by another site; `undefined` for a request from this site or a program.
   */
  readonly crossSite?: CrossSite | undefined;
  /** Id of the plan about the device whose code the visitor has typed in this HTTP request. */
  readonly consentedPlan?: string;
  readonly client: {
    readonly ip: string;
    readonly user_agent: string;
    readonly outpost: boolean;
    readonly cookies: Readonly<Record<string, string>>;
  };
  /**
   * Returns where the client's address is; `undefined` if no GeoIP database knows it. Called only for a request that
   * has events or mails.
   */
  readonly findLocation: () => GeoLocation | undefined;
  /** Returns what records of this client's plans keep about it; `undefined` if no records are kept. */
  readonly journeyFacts?: () => JourneyFacts | undefined;
  /** Returns the visitor's language, from the request, the user's setting and the brand. */
  readonly localeFor: (caller: { readonly user: Identity | undefined; readonly brand: Brand }) => string;
  /** Returns the id of the browser, if the user has logged in with it before and the user's epoch is still the same. */
  readonly knownBrowserOf: (user: User) => string | undefined;
  /**
   * Counts the request for the rate limit of anonymous visitors. Called if the session has no user, before the API
   * token is looked up and before any work for the plan. Throws `rate_limited`.
   */
  readonly checkAnonymousRate: () => void;
  /**
   * Counts a new session for the rate limit of new sessions. Called before a request without a session starts one.
   * Throws `rate_limited`.
   */
  readonly checkNewSessionRate: () => void;
}

/**
 * An answer to a challenge: any JSON value or the problem of an unreadable body, and the reasons why it may be forged.
 */
export interface ChallengeSubmission {
  readonly body: unknown;
  readonly bodyProblem?: Problem | undefined;
  /** Why the answer is refused for every visitor, whether logged in or not. */
  readonly crossSiteFailure?: Sentence | undefined;
  /** Why the answer is refused for a logged-in user. */
  readonly csrfFailure: Sentence | undefined;
  /** Id of the step that the answer is for, if the client names it. An answer to another step is not applied. */
  readonly step?: string | undefined;
}

/** Returns the HTTP method of the request, as policies see it. */
export const methodOf = ({ answer }: FlowRequest): 'GET' | 'POST' => (answer ? 'POST' : 'GET');

/** Returns the milliseconds until the request's deadline. */
export const timeLeftMs = ({ arrivedAt }: FlowRequest): number => arrivedAt + REQUEST_DEADLINE_MS - performance.now();
