import type { StageContract, StageReply } from '@gatehouse/contracts';
import {
  type ArrivalFacts,
  destination,
  type FlowVersion,
  isProved,
  type meetsRequirement,
  type Plan,
  type Step,
} from '@gatehouse/plan';
import type { Ask } from './branches.js';
import type { PathEnd } from './path-end.js';
import { judgedUser } from './policy-questions.js';
import type { Factor, StageOutcome, StepReference, Visitor } from './question.js';
import { NEW_USER, type WalkState } from './walk-state.js';

/** A reply that shows a challenge. */
export const CHALLENGE: StageReply = { type: 'challenge', challenge: {} };

/** Returns the properties by which questions and reports name a step. */
export const referenceTo = ({ id, name, stage, kind }: Step): StepReference => ({ id, name, stage, kind });

/** Returns the kinds of visitors that the flow's authentication requirement tells apart. */
export function visitorsOf({ flow }: FlowVersion): Visitor[] {
  const special = { require_superuser: 'superuser', require_outpost: 'outpost' } as const;
  const { authentication: requirement } = flow;
  return ['anonymous', 'logged_in', ...(requirement in special ? [special[requirement as keyof typeof special]] : [])];
}

/** Returns the properties of the visitor that an authentication requirement checks. */
export const requirementFacts = ({ visitor, sessionUser }: WalkState): Parameters<typeof meetsRequirement>[1] => ({
  authenticated: visitor === 'logged_in' || visitor === 'superuser',
  superuser: visitor === 'superuser' && sessionUser !== null,
  outpost: visitor === 'outpost',
});

/**
 * Facts of a visitor who has come to the flow in the way that its requirement demands: from a redirect stage, or by a
 * mailed link.
 */
export const ARRIVAL: ArrivalFacts = {
  is_redirected: { uuid: '00000000-0000-4000-8000-000000000003', slug: 'flow', name: 'flow' },
  is_restored: { step: 'step', user: null },
};

/**
 * Returns the state with an assumption whether the session's user was verified recently, if that user is the plan's
 * user.
 */
export function withRecentProof(state: WalkState, ask: Ask): WalkState {
  const { plan, sessionUser, recentlyProved } = state;
  const user = judgedUser(state);
  const isOwn = sessionUser?.kind === 'saved' && sessionUser.uuid === user?.uuid;
  if (!isOwn || recentlyProved !== undefined || isProved(plan, user.uuid)) return state;
  return { ...state, recentlyProved: ask({ type: 'recent_login', answers: ['yes', 'no'] }) === 'yes' };
}

interface OutcomeOf {
  readonly contract: StageContract;
  readonly step: StepReference;
  readonly outcome: StageOutcome;
  /** The plan before the stage's reply was applied to it. */
  readonly before: Plan;
}

/** Returns the state after a stage's outcome, with its proofs, its login and its logout. */
export function afterOutcome(state: WalkState, { contract, step, outcome, before }: OutcomeOf): WalkState {
  if (outcome.reply.type !== 'passed') return state;
  // A stage that names a user by name replaces the earlier user, so proofs of that user do not count any more.
  const isReplaced = contract.identifies === 'by_name' && before.context.pending_user !== undefined;
  const proofs = union(isReplaced ? [] : state.proofs, outcome.proofs);
  const next = { ...state, proofs };
  if (contract.effects.includes('logout')) return loggedOut(next);
  return outcome.reply.effects?.some(({ type }) => type === 'login') ? loggedIn(next, step) : next;
}

const union = (a: readonly Factor[], b: readonly Factor[]): Factor[] => [...new Set([...a, ...b])].sort();

function loggedIn(state: WalkState, step: StepReference): WalkState {
  const { plan, proofs, sessionUser: before } = state;
  const user = judgedUser(state);
  const isKnown = before !== null || user?.uuid === NEW_USER.uuid;
  return {
    ...state,
    sessionUser: user ?? null,
    recentlyProved: user !== undefined && isProved(plan, user.uuid),
    login: { step, proofs, isKnown },
  };
}

const loggedOut = (state: WalkState): WalkState => ({
  ...state,
  visitor: state.visitor === 'outpost' ? 'outpost' : 'anonymous',
  sessionUser: null,
  recentlyProved: undefined,
});

/** Returns the end of a plan that has no further steps. */
export const finish = (plan: Plan): PathEnd =>
  'invalid' in destination(plan) ? { type: 'denied', reason: 'next_invalid' } : { type: 'done' };
