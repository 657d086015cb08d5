import {
  type Catalogue,
  type Errors,
  fieldMessages,
  type Message,
  type Problem,
  type StageContract,
  sentence,
  sentenceOf,
} from '@gatehouse/contracts';
import type { Brand, FlowVersion, Plan } from '@gatehouse/plan';
import { NO_RESPONSE_EFFECTS, type ResponseEffects } from './effects.js';
import type { FlowContext } from './flow-context.js';
import type { FlowRequest } from './flow-request.js';
import type { Identity } from './ports/plan-store.js';
import type { SessionCookie } from './session-key.js';
import { stepIdOf } from './step-id.js';

/** The parts of a stage's contract that are needed to present its challenge. */
export type ChallengeSource = Pick<StageContract, 'component' | 'user_info' | 'errors' | 'texts'> &
  Partial<Pick<StageContract, 'shows_as' | 'kind' | 'form' | 'challenge'>>;

/** The result of a request: a challenge to show, the end of the flow, or a problem. */
export type FlowResult =
  | {
      readonly type: 'show';
      readonly contract: ChallengeSource;
      readonly challenge: Readonly<Record<string, unknown>>;
      readonly errors: Errors | undefined;
      /** Set if the answer had no effect, because it names another step than the current one. */
      readonly unapplied?: true;
    }
  | {
      readonly type: 'done';
      readonly to: string;
      /** Set if `to` is another flow of this site, with which the visitor continues. */
      readonly continues?: true;
    }
  | {
      readonly type: 'denied';
      readonly message: Message | undefined;
      /** Code of the denial's reason, by which pages choose what to show (docs/adr/0061). */
      readonly reason?: string | undefined;
    }
  | { readonly type: 'problem'; readonly problem: Problem };

/** The text of a denial without a message. */
export const UNKNOWN_ERROR = sentence('Unknown error');

/**
 * Returns a denial. Its reason code is `named`, or else the code of the message. Without a text, the message is
 * UNKNOWN_ERROR and the reason `unspecified`. A text that an administrator or a policy wrote has no reason code.
 */
export function denial(message: Message | undefined, catalogue: Catalogue = {}, named?: string) {
  const { wire: _, ...text } = sentenceOf(message ?? UNKNOWN_ERROR, catalogue, fieldMessages);
  const isBlank = message === undefined || text.text === '';
  const code = message && 'code' in message ? message.code : undefined;
  const reason = named ?? code ?? (isBlank ? 'unspecified' : undefined);
  return { type: 'denied' as const, message: isBlank ? UNKNOWN_ERROR : text, ...(reason && { reason }) };
}

/** What the executor returns for a request: the result, and the data for presenting it. */
export interface FlowResponse {
  readonly result: FlowResult;
  readonly version: FlowVersion;
  readonly brand: Brand;
  readonly context: Plan['context'];
  readonly sessionUser: Identity | undefined;
  readonly cookie: SessionCookie | undefined;
  /** Id of the session, if this request has loaded or saved a plan in it. */
  readonly sessionId?: string | undefined;
  readonly effects: ResponseEffects;
  /** Where the visitor has asked to go after the flow. */
  readonly next: string | undefined;
  /** The plan of this request, if its redirect stage leads to another flow. */
  readonly redirectingPlan: Plan | undefined;
  /** Whether another site started the plan and the visitor has not answered since. */
  readonly crossSite: boolean;
  /** Id of the plan, for the log; `undefined` if there is no plan. */
  readonly planId: string | undefined;
  /** Id of the step whose challenge is shown; `undefined` if no challenge is shown. */
  readonly stepId: string | undefined;
}

type ResponseContext = Pick<FlowContext, 'version' | 'brand' | 'user'> & {
  readonly request: Pick<FlowRequest, 'query'>;
};

/**
 * Returns the response with a result. `plan` is the plan as this request left it or, after a lost race, as the other
 * request saved it.
 */
export function flowResponse(
  { version, brand, user, request }: ResponseContext,
  answer: Pick<FlowResponse, 'result' | 'context' | 'effects' | 'cookie'> & { readonly plan: Plan | undefined },
): FlowResponse {
  const { plan, result, context, effects, cookie } = answer;
  const next = request.query['next'] || plan?.next;
  const crossSite = plan?.cross_site !== undefined;
  const stepId = result.type === 'show' && plan ? stepIdOf(plan) : undefined;
  const redirectingPlan = effects.entry && plan;
  const ids = { planId: plan?.id, stepId };
  const shown = { result, version, brand, context, sessionUser: user, next };
  return { ...shown, cookie, effects, redirectingPlan, crossSite, ...ids };
}

/** Returns the response for a request that has no plan. */
export const responseWithoutPlan = (context: ResponseContext, result: FlowResult): FlowResponse =>
  flowResponse(context, { result, context: {}, cookie: undefined, effects: NO_RESPONSE_EFFECTS, plan: undefined });

/** Returns a challenge with the mark `unapplied`: the answer named another step, so it had no effect. */
export const unapplied = <R extends FlowResult | undefined>(result: R): R =>
  result?.type === 'show' ? { ...result, unapplied: true } : result;

/** Path that redirects to the brand's login flow. */
const LOGIN = '/flows/-/default/authentication/';

/**
 * Returns the URL of a login that redirects to this flow afterwards. If this flow is itself a login, the new login
 * redirects to this flow's destination (`next`).
 */
export function loginUrl({ slug, query }: FlowRequest, { flow }: FlowVersion): string {
  const { flow_token: _secret, ...rest } = query;
  const inner = new URLSearchParams(rest).toString();
  const page = `/if/flow/${slug}/${inner && `?${inner}`}`;
  const next = flow.designation === 'authentication' ? query['next'] : page;
  return next ? `${LOGIN}?${new URLSearchParams({ next }).toString()}` : LOGIN;
}
