import type { ClaimedCode, Effect, EffectType, PolicyRequest } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import { type LinkTarget, type ResumeLink, withResumeLink } from './resume-links.js';
import { type SessionState, sessionAfterLogin, sessionAfterLogout } from './session-state.js';

/** The effect of one type. */
export type EffectOf<T extends EffectType> = Extract<Effect, { type: T }>;

/** Events, which change nothing else. */
export type EventEffect = EffectOf<'event'>;

type ReputationChange = NonNullable<PolicyRequest['reputation']>[number];

/** What a commit takes from one effect. */
interface CollectedEffect {
  /** The effect as it is saved. */
  readonly effect: Effect;
  readonly link?: ResumeLink;
  /** The step whose mailed link is used up. */
  readonly usedLinkStep?: string;
  readonly reputation?: ReputationChange;
}

/** What the HTTP response to a request does because of its effects. */
export interface ResponseEffects {
  readonly cookies: readonly EffectOf<'cookie'>[];
  /** The device code that the visitor may decide about now. */
  readonly authorization: ClaimedCode | undefined;
  /** Whether the request has logged its visitor in. */
  readonly isLogin: boolean;
}

export const NO_RESPONSE_EFFECTS: ResponseEffects = { cookies: [], authorization: undefined, isLogin: false };

/** What an effect of one type does in the executor. What it does when the plan is saved is up to the plan store. */
interface EffectHandler<T extends EffectType> {
  /** Returns what the commit takes from the effect. By default that is the effect as it is. */
  readonly collect?: (effect: EffectOf<T>, origin: LinkTarget) => CollectedEffect;
  /** Returns the session after the effect. Of several such effects of one step only the last is applied. */
  readonly changeSession?: (before: SessionState, effect: EffectOf<T>, plan: Plan) => SessionState;
  /** Returns the response with what the effect adds to it. */
  readonly respond?: (response: ResponseEffects, effect: EffectOf<T>) => ResponseEffects;
}

/** The handlers of all effects. An empty handler leaves the effect to the plan store. */
const EFFECT_HANDLERS: { readonly [T in EffectType]: EffectHandler<T> } = {
  login: { changeSession: sessionAfterLogin, respond: (response) => ({ ...response, isLogin: true }) },
  logout: { changeSession: sessionAfterLogout, respond: (response) => ({ ...response, isLogin: false }) },
  event: {},
  reputation: {
    collect: (effect) => ({ effect, reputation: { identifier: effect.identifier, delta: effect.delta } }),
  },
  keep_session: {},
  end_sessions: {},
  mail: { collect: withResumeLink },
  link_used: { collect: (effect, { step }) => ({ effect, usedLinkStep: step }) },
  cookie: { respond: (response, effect) => ({ ...response, cookies: [...response.cookies, effect] }) },
  authorize: {
    respond: (response, { claimed }) => ({ ...response, authorization: response.authorization ?? claimed }),
  },
  source_login: {},
  /** Kept for a page that shows messages. No page does yet. */
  toast: {},
};

/** Returns what the commit takes from an effect. */
export function collectEffect<T extends EffectType>(effect: EffectOf<T>, origin: LinkTarget): CollectedEffect {
  const handler: EffectHandler<T> = EFFECT_HANDLERS[effect.type as T];
  return handler.collect?.(effect, origin) ?? { effect };
}

/** Returns the response with what an effect adds to it. */
export function respondToEffect<T extends EffectType>(response: ResponseEffects, effect: EffectOf<T>): ResponseEffects {
  const handler: EffectHandler<T> = EFFECT_HANDLERS[effect.type as T];
  return handler.respond?.(response, effect) ?? response;
}

/** An effect that changes the user of the session. */
export type SessionChange = EffectOf<'login' | 'logout'>;

/** Returns the last login or logout among the effects, which decides what becomes of the session. */
export const lastSessionChange = (effects: readonly Effect[]): SessionChange | undefined =>
  effects.findLast((effect): effect is SessionChange => EFFECT_HANDLERS[effect.type].changeSession !== undefined);

/** Returns the session after a login of the plan's user, or after a logout. */
export function sessionAfter<T extends EffectType>(
  before: SessionState,
  change: EffectOf<T>,
  plan: Plan,
): SessionState {
  const handler: EffectHandler<T> = EFFECT_HANDLERS[change.type as T];
  return handler.changeSession?.(before, change, plan) ?? before;
}
