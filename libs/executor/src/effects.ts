import type { Effect, EffectType, PolicyRequest } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import { type LinkTarget, type ResumeLink, withResumeLink } from './resume-links.js';
import { type SessionState, sessionAfterLogin, sessionAfterLogout } from './session-state.js';

/** The effects of type `T`. */
export type EffectOf<T extends EffectType> = Extract<Effect, { type: T }>;

export type EventEffect = EffectOf<'event'>;

type ReputationChange = NonNullable<PolicyRequest['reputation']>[number];

/** What a plan commit saves for one effect. */
interface CollectedEffect {
  /** The effect for the plan store, such as a mail with its link filled in. */
  readonly effect: Effect;
  readonly link?: ResumeLink;
  /** Id of the step whose mailed link is used up, because the code in the same mail was entered. */
  readonly usedLinkStep?: string;
  readonly reputation?: ReputationChange;
}

/** What the effects of the steps of one HTTP request add to its response. */
export interface ResponseEffects {
  readonly cookies: readonly EffectOf<'cookie'>[];
  /** Short messages that the visitor's open pages show. */
  readonly toasts: readonly EffectOf<'toast'>[];
  /** The device code that the visitor has typed (OAuth device flow), and may approve or refuse now. */
  readonly authorization: EffectOf<'authorize'> | undefined;
  /** The flow to which a redirect stage leads. */
  readonly entry: EffectOf<'enter_flow'> | undefined;
  /** Whether the request has logged its visitor in. */
  readonly isLogin: boolean;
  /** The stage that remembers the browser as a device of the user who has logged in, and for how long. */
  readonly device: EffectOf<'login'>['device'];
}

export const NO_RESPONSE_EFFECTS: ResponseEffects = {
  cookies: [],
  toasts: [],
  authorization: undefined,
  entry: undefined,
  isLogin: false,
  device: undefined,
};

/**
 * How the executor handles effects of one type before the save (`collect`, `changeSession`) and in the response
 * (`respond`). The plan store handles them within the save.
 */
interface EffectHandler<T extends EffectType> {
  /** Returns what the commit saves for the effect. Default: the effect itself. */
  readonly collect?: (effect: EffectOf<T>, origin: LinkTarget) => CollectedEffect;
  /** Returns the session after the effect. Called only for the last login or logout among the effects of a step. */
  readonly changeSession?: (before: SessionState, effect: EffectOf<T>, plan: Plan) => SessionState;
  /** Returns `response` with what this effect adds to the HTTP response. Default: adds nothing. */
  readonly respond?: (response: ResponseEffects, effect: EffectOf<T>) => ResponseEffects;
}

/** The handlers by type of effect. An empty handler means that only the plan store handles the type. */
const EFFECT_HANDLERS: { readonly [T in EffectType]: EffectHandler<T> } = {
  login: {
    changeSession: sessionAfterLogin,
    respond: (response, { device }) => ({ ...response, isLogin: true, device }),
  },
  logout: {
    changeSession: sessionAfterLogout,
    respond: (response) => ({ ...response, isLogin: false, device: undefined }),
  },
  sign_in: {},
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
    respond: (response, effect) => ({ ...response, authorization: response.authorization ?? effect }),
  },
  source_login: {},
  enter_flow: { respond: (response, effect) => ({ ...response, entry: effect }) },
  toast: { respond: (response, effect) => ({ ...response, toasts: [...response.toasts, effect] }) },
};

/** Returns what the plan commit saves for an effect. */
export function collectEffect<T extends EffectType>(effect: EffectOf<T>, origin: LinkTarget): CollectedEffect {
  const handler: EffectHandler<T> = EFFECT_HANDLERS[effect.type as T];
  return handler.collect?.(effect, origin) ?? { effect };
}

/** Returns `response` with what the effect adds to the HTTP response. */
export function respondToEffect<T extends EffectType>(response: ResponseEffects, effect: EffectOf<T>): ResponseEffects {
  const handler: EffectHandler<T> = EFFECT_HANDLERS[effect.type as T];
  return handler.respond?.(response, effect) ?? response;
}

/** An effect that changes the user of the session. */
export type SessionChange = EffectOf<'login' | 'logout'>;

/** Returns the last login or logout among the effects; only that one changes the session. */
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
