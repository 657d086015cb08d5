import type { SavedUser, User } from '@gatehouse/contracts';
import { createPlan, type FlowVersion, type Plan, stepsOf } from '@gatehouse/plan';
import type { ContractLookup } from './contract-lookup.js';
import type { Factor, StepReference, Visitor } from './question.js';

/** The user whom the flow identifies. This is also the session's user if the visitor is logged in. */
export const SUBJECT: SavedUser = madeUpUser('00000000-0000-4000-8000-000000000001', 'user');

/** The user whom a stage of the flow creates. */
export const NEW_USER: SavedUser = madeUpUser('00000000-0000-4000-8000-000000000002', 'new-user');

function madeUpUser(uuid: string, username: string): SavedUser {
  const email = `${username}@simulated.invalid`;
  return { kind: 'saved', uuid, pk: 0, username, name: username, email, is_active: true, epoch: 0, locale: '' };
}

/** A login that happens on a simulated path through the flow. */
export interface SimulatedLogin {
  readonly step: StepReference;
  /** Factors that were proved on the path before the login. */
  readonly proofs: readonly Factor[];
  /** Whether the user was logged in before, or was created in this run. */
  readonly isKnown: boolean;
}

/**
 * Assumptions about a user: whether the user is in a group, by group id, and whether it is a given user, by user id.
 */
export interface UserFacts {
  readonly groups: Readonly<Record<string, boolean>>;
  readonly users: Readonly<Record<string, boolean>>;
}

/** Everything that decides how a path continues. */
export interface WalkState {
  readonly plan: Plan;
  readonly visitor: Visitor;
  readonly sessionUser: User | null;
  /** Whether the session's user was verified recently; `undefined` until a step depends on it. */
  readonly recentlyProved: boolean | undefined;
  /** What the path assumes about the groups and the identity of users, by the uuid of the user. */
  readonly userFacts: Readonly<Record<string, UserFacts>>;
  readonly proofs: readonly Factor[];
  readonly login: SimulatedLogin | undefined;
}

/** Returns the state of a visitor before the flow is planned. */
export function initialState(version: FlowVersion, visitor: Visitor): WalkState {
  const sessionUser = visitor === 'logged_in' || visitor === 'superuser' ? SUBJECT : null;
  const plan = { ...createPlan(version, 'simulation'), visitor: sessionUser?.uuid ?? null };
  return { plan, visitor, sessionUser, recentlyProved: undefined, userFacts: {}, proofs: [], login: undefined };
}

/** Returns a text that is equal for two states if both have the same possible continuations. */
export function stateKey(state: WalkState, { version, contracts }: FlowParts, position: string): string {
  const { plan, visitor, sessionUser, recentlyProved, proofs, login } = state;
  const { context, verdicts, silent_restarts, proved_user } = plan;
  return JSON.stringify([
    ...[remainingSteps(plan), sortedEntries(context), verdicts, proved_user],
    mayRestartSilently(version, contracts) ? silent_restarts : 0,
    ...[visitor, sessionUser, recentlyProved, proofs, login, liveFacts(state, version), position],
  ]);
}

interface FlowParts {
  readonly version: FlowVersion;
  readonly contracts: ContractLookup;
}

/** Returns the steps from the cursor on, and the steps that these have inserted before the cursor. */
function remainingSteps({ steps, cursor }: Plan) {
  const rest = steps.slice(cursor);
  const ids = rest.map((step) => `${'binding' in step ? step.binding : step.id}~`);
  const inserted = steps.slice(0, cursor).filter((step) => 'id' in step && ids.some((id) => step.id.startsWith(id)));
  return [rest, inserted];
}

/**
 * Whether a stage without a challenge may restart the flow. Only then the number of such restarts must be a part of the
 * state.
 */
const mayRestartSilently = (version: FlowVersion, contracts: ContractLookup): boolean =>
  version.steps.some(
    ({ stage, invalid_response_action: action }) =>
      action !== 'retry' && contracts.find(stage.kind, version)?.component === undefined,
  );

/** Returns the assumptions about users that later policy sets can still depend on. */
function liveFacts({ plan, userFacts }: WalkState, version: FlowVersion) {
  const named = liveNames(plan, version);
  const live = (facts: Readonly<Record<string, boolean>>) => sortedEntries(facts).filter(([id]) => named.has(id));
  return sortedEntries(userFacts).flatMap(([uuid, { groups, users }]) => {
    const rest = [live(groups), live(users)];
    return rest.some(({ length }) => length > 0) ? [[uuid, ...rest]] : [];
  });
}

/**
 * Returns the ids of the groups and users in the policy sets of the remaining steps. If the plan may restart, returns
 * those of all steps.
 */
function liveNames(plan: Plan, version: FlowVersion): ReadonlySet<string> {
  const rest = stepsOf(plan, version).slice(plan.cursor);
  const mayRestart = rest.some(({ onRefusal }) => onRefusal !== 'retry');
  const sets = mayRestart
    ? [version.guard, ...version.steps.map(({ policies }) => policies)]
    : rest.flatMap(({ policies }) => policies ?? []);
  return new Set(sets.flatMap(({ bindings }) => bindings.flatMap(({ group, user }) => group ?? user ?? [])));
}

const sortedEntries = <T>(record: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
