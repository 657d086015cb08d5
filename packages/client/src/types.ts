import type { AccessDeniedChallenge, Challenges, Responses } from './challenges.js';
import type { FieldErrors } from './field-errors.js';
import type { StageForm } from './stage-form.js';

/** Components that end or leave a flow. The client returns them as results of a kind other than `challenge`. */
type EndComponent = 'ak-stage-access-denied' | 'ak-stage-flow-error' | 'xak-flow-redirect';

/** The components of the challenges that the built-in stages show. */
export type Component = Exclude<keyof Challenges, EndComponent>;

/**
 * The component of an external stage: any other string at run time. The type is an enum, because TypeScript narrows a
 * union only by properties with literal types. With `string`, a comparison with a built-in component would not exclude
 * external challenges.
 */
export declare enum ExternalComponent {
  other = '',
}

/** The challenge of a stage that is not built in. It has the fields that the stage has sent. */
export interface ExternalChallenge {
  readonly component: ExternalComponent;
  readonly response_errors?: FieldErrors<Record<string, unknown>>;
  /** The form that the stage describes. Absent if no form can answer the challenge. */
  readonly gatehouse_form?: StageForm;
  readonly [field: string]: unknown;
}

/** The response to the challenge of an external stage. */
export interface ExternalResponse {
  readonly component: ExternalComponent;
  readonly [field: string]: unknown;
}

/** The challenge of a component. */
export type ChallengeOf<C extends Component> = Challenges[C];

/** The response to a challenge of this component. Never for a challenge that takes no response. */
export type ResponseOf<C extends Component> = C extends keyof Responses ? Responses[C] : never;

/** A challenge, discriminated by `component`. */
export type Challenge = ChallengeOf<Component> | ExternalChallenge;

/** A response to a challenge, discriminated by the `component` of that challenge. */
export type ChallengeResponse = ResponseOf<Component> | ExternalResponse;

/**
 * Why a response was neither accepted nor refused with field errors. `csrf_failed`: the session has changed, such as by
 * a login in another tab. `unavailable`: the service failed, or the connection was lost, before the result was known.
 * `other_step`: the response was not applied, because the flow is not at its step any more, such as when the browser
 * has sent the response twice.
 */
export type Interruption = 'csrf_failed' | 'unavailable' | 'other_step';

/** The visitor has to answer a challenge. */
export interface ChallengeResult {
  readonly kind: 'challenge';
  readonly challenge: Challenge;
  /** The id of the step. It is the same as before if the last response was not processed. */
  readonly step?: string | undefined;
  /**
   * Set if it is unknown whether the last response was processed. `challenge` is the current one. The client never sends
   * a response twice, so the visitor has to answer again.
   */
  readonly interrupted?: Interruption;
  /** Set if the run had expired and its steps begin again. Not set if the new run has accepted the last response. */
  readonly restarted?: true;
}

/** The flow has ended, or continues at another address. The client never follows the redirect. */
export interface RedirectResult {
  readonly kind: 'redirect';
  /** The address. It is absolute if the client has a `baseUrl`. */
  readonly to: string;
}

/** The flow has ended: access is denied. */
export interface DeniedResult {
  readonly kind: 'denied';
  /** Why access is denied, in the visitor's language. */
  readonly message: string;
  /** The code of the message, if it has one. */
  readonly reason?: string;
  readonly challenge: AccessDeniedChallenge;
}

/** No challenge could be fetched, or the request was refused. */
export interface ErrorResult {
  readonly kind: 'error';
  /**
   * The code of the problem (docs/reference/errors.md), or `network` for a lost connection, `unavailable` for an outage,
   * `flow_error` for an internal error.
   */
  readonly code: string;
  /** A text for the visitor, in English if the service was not reached. */
  readonly message: string;
  /** The HTTP status. Undefined for a lost connection. */
  readonly status?: number;
  /** The id of the request in the logs of Gatehouse. */
  readonly requestId?: string;
  /** Seconds after which the service asked to try again. */
  readonly retryAfterS?: number;
}

/** What a flow shows next, discriminated by `kind`. */
export type FlowResult = ChallengeResult | RedirectResult | DeniedResult | ErrorResult;

/**
 * Cookies of a program that is not a browser. `CookieJar` of the package tough-cookie has these methods.
 */
export interface CookieJar {
  /** Returns the value of the header Cookie for a request to `url`. */
  getCookieString(url: string): string | Promise<string>;
  /** Stores one value of Set-Cookie from a response of `url`. */
  setCookie(cookie: string, url: string): unknown;
}

/** A pause before a request is repeated. */
export interface Wait {
  /** An outage, a lost connection, or a rate limit. */
  readonly reason: UnavailableReason;
  readonly seconds: number;
  /** Number of failures in a row. */
  readonly failures: number;
}

/** Why there was no reply: an outage, no connection, or a rate limit. */
export type UnavailableReason = 'service' | 'network' | 'limited';
