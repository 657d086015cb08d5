import type { ApiVersion, PolicyResult, SavedUser } from '@gatehouse/contracts';
import {
  callablePolicies,
  enabledBindings,
  evaluatePolicySet,
  type FlowVersion,
  findPolicy,
  type PolicySet,
  type PolicyVerdict,
} from '@gatehouse/plan';
import type { Ask } from './branches.js';
import type { ContractLookup } from './contract-lookup.js';
import { POLICY_ANSWERS, type PolicyReference, type StepReference } from './question.js';
import { NEW_USER, type UserFacts, type WalkState } from './walk-state.js';

/** A policy set to decide. `step` is the step that has the set; `undefined` for the policies of the flow. */
export interface JudgedSet {
  readonly set: PolicySet;
  readonly step: StepReference | undefined;
}

/** The verdict of a policy set, and the state with the facts that were assumed about the user. */
export interface Judgement {
  readonly verdict: PolicyVerdict;
  readonly state: WalkState;
}

const NO_FACTS: UserFacts = { groups: {}, users: {} };
const YES_OR_NO = ['yes', 'no'] as const;

/**
 * Decides a policy set. Asks for the result of one binding after the other, until the verdict is certain. Asks only
 * once for each policy, because a policy has the same result in all bindings of one evaluation.
 */
export function judge({ set, step }: JudgedSet, before: WalkState, { policies, line, ask }: Asking): Judgement {
  const results: Record<string, PolicyResult> = {};
  let state = before;
  const known: PolicySet['bindings'] = [];
  for (const binding of enabledBindings(set)) {
    const { policy } = binding;
    if (policy === undefined) state = withUserFact(state, binding, ask);
    else results[policy] ??= resultOf(policies.get(policy)!, step, ask);
    known.push(binding);
    const verdict = evaluate({ mode: set.mode, bindings: known }, state, { results, line });
    // The verdict is certain, because further bindings cannot change it.
    if (set.mode === 'any' ? verdict.pass : !verdict.pass && !verdict.undecided) break;
  }
  return { verdict: evaluate({ mode: set.mode, bindings: known }, state, { results, line }), state };
}

interface Asking {
  /** All policies of the flow version by id. */
  readonly policies: ReadonlyMap<string, PolicyReference>;
  /** The API line whose rules apply. */
  readonly line: ApiVersion;
  readonly ask: Ask;
}

/** Returns all policies of a flow version, by id. */
export function policiesOf(version: FlowVersion, contracts: ContractLookup): ReadonlyMap<string, PolicyReference> {
  const ids = Object.keys(version.policies);
  return new Map(
    ids.map((id) => {
      const policy = findPolicy(version, id);
      const mayChangePlan = [policy, ...callablePolicies(version, [id])].some((asked) =>
        contracts.mayChangePlan(asked),
      );
      return [id, { id, name: policy.name, kind: policy.kind, mayChangePlan }];
    }),
  );
}

function resultOf(policy: PolicyReference, step: StepReference | undefined, ask: Ask): PolicyResult {
  const answer = ask({ type: 'policy', policy, step, answers: POLICY_ANSWERS });
  return { pass: answer === 'pass', messages: [], ...(answer === 'undecided' && { error: 'undecided' }) };
}

/** Returns the saved user for whom policies are evaluated: the pending user, otherwise the user of the session. */
export function judgedUser({ plan, sessionUser }: WalkState): SavedUser | undefined {
  const user = plan.context.pending_user ?? sessionUser;
  return user?.kind === 'saved' ? user : undefined;
}

type Binding = PolicySet['bindings'][number];

/** Returns the state with an assumption about whether the user matches a group or user binding. */
function withUserFact(state: WalkState, { group, user }: Binding, ask: Ask): WalkState {
  const subject = judgedUser(state);
  const id = group ?? user;
  if (!subject || id === undefined) return state;
  const facts = state.userFacts[subject.uuid] ?? NO_FACTS;
  const type = group === undefined ? 'user' : 'group';
  const assumed = facts[`${type}s`];
  // If the path assumes that the visitor is a given user, the visitor cannot be another one, so do not ask.
  if (assumed[id] !== undefined || (type === 'user' && Object.values(assumed).includes(true))) return state;
  const isNewUser = subject.uuid === NEW_USER.uuid;
  const isYes = ask({ type, id, isNewUser, answers: YES_OR_NO }) === 'yes';
  const added = { ...facts, [`${type}s`]: { ...assumed, [id]: isYes } };
  return { ...state, userFacts: { ...state.userFacts, [subject.uuid]: added } };
}

interface KnownResults extends Pick<Asking, 'line'> {
  readonly results: Readonly<Record<string, PolicyResult>>;
}

function evaluate(set: PolicySet, state: WalkState, { results, line }: KnownResults): PolicyVerdict {
  const subject = judgedUser(state);
  const facts = (subject && state.userFacts[subject.uuid]) ?? NO_FACTS;
  const namesOf = (assumed: Readonly<Record<string, boolean>>) => Object.keys(assumed).filter((id) => assumed[id]);
  const [identity] = namesOf(facts.users);
  const user = subject && (identity === undefined ? subject : { ...subject, uuid: identity });
  return evaluatePolicySet(set, { user, groups: new Set(namesOf(facts.groups)), results, apiVersion: line });
}
