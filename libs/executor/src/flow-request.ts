import type { OutpostAccount, Problem, SavedUser, Sentence, User } from '@gatehouse/contracts';
import type { Brand } from '@gatehouse/plan';
import type { GeoLocation } from '@gatehouse/platform';
import type { JourneyFacts } from './journey.js';
import type { Identity } from './ports/plan-store.js';

/** Time limit of one HTTP request in milliseconds, including all requests to stages and policies. */
export const REQUEST_DEADLINE_MS = 20_000;

/**
 * Which plans get a cross-site mark from a request that another site caused: only a plan that the request starts
 * (`new`), or any plan (docs/adr/0034).
 */
export type CrossSite = 'new' | 'any';

/** A client's request to the executor. The HTTP controller makes it. */
export interface FlowRequest {
  /** Time of arrival on the clock of `performance.now()`, in milliseconds. The deadline counts from it. */
  readonly arrivedAt: number;
  /** The value of the response header `x-authentik-id`. */
  readonly requestId: string;
  readonly slug: string;
  /** The `Host` that the client sent. Selects the brand. Never used to build a link. */
  readonly host: string;
  /** SHA-256 of the session cookie, if the client sent one. */
  readonly sessionKey: Buffer | undefined;
  /**
   * SHA-256 of the secret in the switching cookie, which names the logins of the browser; absent if the client sent
   * none or the API line has no such cookie.
   */
  readonly loginSet?: Buffer | undefined;
  /**
   * Looks up the API token, and returns its user, who then is the caller. Throws `token_invalid`. Absent if the request
   * has no token.
   */
  readonly authenticate?: (() => Promise<Identity>) | undefined;
  /**
   * The query of the flow page's URL, which the client sends in the parameter `query`. The last value of a repeated key
   * counts.
   */
  readonly query: Readonly<Record<string, string>>;
  /** The names of all parameters of the request's query and of the flow page's query. */
  readonly queryNames: readonly string[];
  /** The answer in the body of a POST; `undefined` for a GET. */
  readonly answer: ChallengeSubmission | undefined;
  /**
   * Which plans get a cross-site mark from this request; `undefined` if this site or a program other than a browser
   * sent it.
   */
  readonly crossSite?: CrossSite | undefined;
  /**
   * Id of the plan that authorizes a device, if the visitor has typed the device's code in this request. Typing the
   * code counts as a consent.
   */
  readonly consentedPlan?: string;
  readonly client: {
    readonly ip: string;
    readonly user_agent: string;
    readonly outpost: boolean;
    readonly cookies: Readonly<Record<string, string>>;
  };
  /** The service account of the outpost that sent the request; `undefined` for any other client. */
  readonly outpost?: OutpostAccount | undefined;
  /**
   * Returns the location of the client's address; `undefined` if no GeoIP database contains it. Called only if the
   * request has events or mails.
   */
  readonly findLocation: () => GeoLocation | undefined;
  /**
   * Returns what the journey records (docs/spec/journeys.md) of this client's plans contain about the client;
   * `undefined` if no records are made.
   */
  readonly journeyFacts?: () => JourneyFacts | undefined;
  /** Returns the visitor's language, from the request, the user's setting and the brand. */
  readonly localeFor: (caller: { readonly user: Identity | undefined; readonly brand: Brand }) => string;
  /**
   * Returns the id of the browser if the user has logged in with it before and the user's epoch is unchanged; else
   * `undefined`.
   */
  readonly knownBrowserOf: (user: User) => string | undefined;
  /** Returns whether a user login stage has remembered the browser as a device of the user. */
  readonly isKnownDevice: (user: SavedUser, stage: string) => boolean;
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
 * An answer to a challenge: a JSON value of any type, or the problem of an unreadable body, and the reasons for which
 * the answer may be forged.
 */
export interface ChallengeSubmission {
  readonly body: unknown;
  readonly bodyProblem?: Problem | undefined;
  /** Set if another site sent the answer: the reason, for every visitor. */
  readonly crossSiteFailure?: Sentence | undefined;
  /** Set if the answer has no valid CSRF token: the reason, for logged-in users only. */
  readonly csrfFailure: Sentence | undefined;
  /** Id of the step that the answer is for, if the client names it. An answer to another step is not applied. */
  readonly step?: string | undefined;
}

/** Returns the HTTP method that policies see: `POST` for an answer, else `GET`. */
export const methodOf = ({ answer }: FlowRequest): 'GET' | 'POST' => (answer ? 'POST' : 'GET');

/** Returns the milliseconds until the request's deadline. */
export const timeLeftMs = ({ arrivedAt }: FlowRequest): number => arrivedAt + REQUEST_DEADLINE_MS - performance.now();
