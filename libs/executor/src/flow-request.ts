import {
  type Effect,
  type Errors,
  type Message,
  type Problem,
  type Sentence,
  type StageContract,
  sentence,
} from '@gatehouse/contracts';
import type { Brand, FlowVersion, Plan } from '@gatehouse/plan';
import type { Identity } from './plan-store.js';

/** Which runs a request from another site marks: one that it begins, or one that is under way as well (docs/adr/0034). */
export type CrossSite = 'new' | 'any';

/** One request to the executor, as far as it is more than HTTP. */
export interface FlowRequest {
  /** When it arrived, on the clock of `performance.now()`. */
  readonly arrivedAt: number;
  readonly slug: string;
  /** As the visitor named it: it chooses looks and flows, and never where a link leads. */
  readonly host: string;
  /** SHA-256 of the session cookie, if one came. */
  readonly sessionKey: Buffer | undefined;
  /** Finds the user of the token that came, who counts as whoever asks; absent when none came. Throws token_invalid. */
  readonly authenticate?: (() => Promise<Identity>) | undefined;
  /** The inner query; of a repeated key the last value. */
  readonly query: Readonly<Record<string, string>>;
  /** Every name in the address, of the outer query and the inner one. */
  readonly named: readonly string[];
  /** What a POST brought. */
  readonly answer: ChallengeSubmission | undefined;
  /** Which runs it marks as begun from another site; undefined where this site, a program or the visitor sends it. */
  readonly crossSite?: CrossSite | undefined;
  readonly client: {
    readonly ip: string;
    readonly user_agent: string;
    readonly outpost: boolean;
    readonly cookies: Readonly<Record<string, string>>;
  };
  /** The language that is spoken with whoever asks, by what the request, their own setting and the brand say. */
  readonly localeFor: (present: { readonly user: Identity | undefined; readonly brand: Brand }) => string;
  /** Called once it is known that nobody is logged in, before anything is done for them. Throws Problem. */
  readonly admitStranger: () => void;
}

/** An answer as it came: any JSON value, what keeps it from being read, and why it may not be the user's own. */
export interface ChallengeSubmission {
  readonly body: unknown;
  readonly unreadable?: Problem | undefined;
  /** Why it cannot be a visitor's own, whether they are logged in or not. */
  readonly foreign?: Sentence | undefined;
  readonly forged: Sentence | undefined;
}

/** The method that a request came with, as policies see it. */
export const methodOf = ({ answer }: FlowRequest): 'GET' | 'POST' => (answer ? 'POST' : 'GET');

/** The session cookie to set with the answer. */
export interface SessionCookie {
  readonly value: string;
  /** Undefined: until the browser closes. */
  readonly maxAgeS: number | undefined;
}

/** Whose challenge is shown, as far as showing it needs. */
export type ChallengeSource = Pick<StageContract, 'component' | 'user_info' | 'errors' | 'texts'> &
  Partial<Pick<StageContract, 'shows_as'>>;

/** What the visitor is told. */
export type FlowResult =
  | {
      readonly type: 'show';
      readonly contract: ChallengeSource;
      readonly challenge: Readonly<Record<string, unknown>>;
      readonly errors: Errors | undefined;
    }
  | { readonly type: 'done'; readonly to: string }
  | { readonly type: 'denied'; readonly message: Message | undefined }
  | { readonly type: 'problem'; readonly problem: Problem };

/** What a denial without words says. */
export const UNKNOWN_ERROR = sentence('Unknown error');

/** The executor's answer: what is told, of which flow and whom, and what goes into the cookie. */
export interface FlowResponse {
  readonly told: FlowResult;
  readonly version: FlowVersion;
  readonly brand: Brand;
  readonly context: Plan['context'];
  readonly sessionUser: Identity | undefined;
  readonly cookie: SessionCookie | undefined;
  readonly effects: readonly Effect[];
  /** Whether another site began the run and its visitor has not acted since. */
  readonly crossSite: boolean;
  /** For the log; undefined where nothing was planned. */
  readonly planId: string | undefined;
}
