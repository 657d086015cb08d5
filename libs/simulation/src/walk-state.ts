import type { SavedUser, User } from '@gatehouse/contracts';
import { createPlan, type FlowVersion, type Plan, stepsOf } from '@gatehouse/plan';
import type { ContractLookup } from './contract-lookup.js';
import type { Factor, StepReference, Visitor } from './question.js';

/** Stands for the user whom the flow identifies, who is also the user of the session of a logged-in visitor. */
export const SUBJECT: SavedUser = madeUpUser('00000000-0000-4000-8000-000000000001', 'user');

/** Stands for the user whom a stage of the flow creates. */
export const NEW_USER: SavedUser = madeUpUser('00000000-0000-4000-8000-000000000002', 'new-user');

function madeUpUser(uuid: string, username: string): SavedUser {
  const email = `${username}@simulated.invalid`;
  return { kind: 'saved', uuid, pk: 0, username, name: username, email, is_active: true, epoch: 0, locale: '' };
}

/** A login that a path has made. */
export interface SimulatedLogin {
  readonly step: StepReference;
  /** Factors that were proved before the login. */
  readonly proofs: readonly Factor[];
  /** Whether the user was logged in before, or was created in this run of the flow. */
  readonly isKnown: boolean;
}

/** What is assumed about a user: membership by group id, and identity by user id. */
export interface UserFacts {
  readonly groups: Readonly<Record<string, boolean>>;
  readonly users: Readonly<Record<string, boolean>>;
}

/** Everything on which the rest of a path depends. */
export interface WalkState {
  readonly plan: Plan;
  readonly visitor: Visitor;
  readonly sessionUser: User | null;
  /** Whether the user of the session was verified recently; `undefined` as long as this does not matter. */
  readonly recentlyProved: boolean | undefined;
  /** What is assumed about each user, by uuid. */
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

/** Returns a text that is the same for states from which the same paths lead on. */
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

/** Returns the steps that are left, and the steps that these have inserted before. */
function remainingSteps({ steps, cursor }: Plan) {
  const rest = steps.slice(cursor);
  const ids = rest.map((step) => `${'binding' in step ? step.binding : step.id}~`);
  const inserted = steps.slice(0, cursor).filter((step) => 'id' in step && ids.some((id) => step.id.startsWith(id)));
  return [rest, inserted];
}

/** Whether a step without a challenge may restart the flow, so that the number of such restarts matters. */
const mayRestartSilently = (version: FlowVersion, contracts: ContractLookup): boolean =>
  version.steps.some(
    ({ stage, invalid_response_action: action }) =>
      action !== 'retry' && contracts.find(stage.kind, version)?.component === undefined,
  );

/** Returns the assumed facts about users that a policy set may still ask for. */
function liveFacts({ plan, userFacts }: WalkState, version: FlowVersion) {
  const named = liveNames(plan, version);
  const live = (facts: Readonly<Record<string, boolean>>) => sortedEntries(facts).filter(([id]) => named.has(id));
  return sortedEntries(userFacts).flatMap(([uuid, { groups, users }]) => {
    const rest = [live(groups), live(users)];
    return rest.some(({ length }) => length > 0) ? [[uuid, ...rest]] : [];
  });
}

/** Ids of the groups and users that policy sets of the remaining steps name, or of all steps if the plan may restart. */
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
