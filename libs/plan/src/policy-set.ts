import type { PolicyResult, User } from '@gatehouse/contracts';
import type { FlowVersion, PolicySet } from './flow-version.js';

/** What a set of conditions says of somebody, with what its policies said on the way, passing or not. */
export interface PolicyVerdict {
  readonly pass: boolean;
  readonly messages: readonly string[];
  /** It is a no only because a policy could not decide. */
  readonly undecided: boolean;
}

/** What must be known before a set can be judged. */
export interface PolicyQueries {
  /** Ids of the groups that somebody must be in, or must not. */
  readonly groups: readonly string[];
  /** The policies to be evaluated, each once, with the milliseconds that its most patient binding gives it: Infinity where that sets no limit. */
  readonly policies: readonly { readonly id: string; readonly timeoutMs: number }[];
}

/** What is known of whoever a set is about. */
export interface PolicyFacts {
  readonly user: User | undefined;
  /** Ids of the groups that the user belongs to, groups above them included. */
  readonly groups: ReadonlySet<string>;
  /** By policy id. */
  readonly results: Readonly<Record<string, PolicyResult>>;
}

type PolicyBinding = PolicySet['bindings'][number];

const enabledIn = ({ bindings }: PolicySet) => bindings.filter(({ enabled }) => enabled);

/** Whether a set lets everybody through, so that nobody has to be asked. */
export const isUnconditional = (set: PolicySet): boolean => enabledIn(set).length === 0;

/** What a set wants to know. */
export function queriesFor(set: PolicySet): PolicyQueries {
  const enabled = enabledIn(set);
  const patience = new Map<string, number>();
  for (const { policy, timeout_s } of enabled) {
    if (policy !== undefined) patience.set(policy, Math.max(patience.get(policy) ?? 0, timeoutMs(timeout_s)));
  }
  return {
    groups: [...new Set(enabled.flatMap(({ group }) => group ?? []))],
    policies: [...patience].map(([id, timeoutMs]) => ({ id, timeoutMs })),
  };
}

/** A binding without seconds sets no limit of its own. */
const timeoutMs = (seconds: number) => (seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1000);

/** Judges by every enabled binding, in order (docs/spec/policies.md#judging). Nothing to judge by passes. */
export function evaluatePolicySet(set: PolicySet, evidence: PolicyFacts): PolicyVerdict {
  const outcomes = [...enabledIn(set)].sort(byOrder).map((binding) => outcomeOf(binding, evidence));
  const pass = combined(
    set.mode,
    outcomes.map((outcome) => outcome.pass),
  );
  const mightPass = combined(
    set.mode,
    outcomes.map((outcome) => outcome.pass || outcome.undecided),
  );
  return { pass, messages: outcomes.flatMap(({ messages }) => messages), undecided: mightPass && !pass };
}

function combined(mode: PolicySet['mode'], passes: readonly boolean[]): boolean {
  return passes.length === 0 || (mode === 'all' ? !passes.includes(false) : passes.includes(true));
}

/** By order, ties by id (docs/spec/policies.md#order). */
const byOrder = (a: PolicyBinding, b: PolicyBinding) => a.order - b.order || (a.id < b.id ? -1 : 1);

function outcomeOf(binding: PolicyBinding, evidence: PolicyFacts): PolicyVerdict {
  const result = binding.policy === undefined ? undefined : resultOf(binding.policy, evidence);
  // A policy that could not decide has said nothing that could be turned round.
  if (result?.error !== undefined)
    return { pass: binding.failure_result, messages: result.messages, undecided: !binding.failure_result };
  const pass = result?.pass ?? matchesUser(binding, evidence);
  return { pass: pass !== binding.negate, messages: result?.messages ?? [], undecided: false };
}

function resultOf(policy: string, { results }: PolicyFacts): PolicyResult {
  const result = Object.hasOwn(results, policy) ? results[policy] : undefined;
  if (!result) throw new Error(`the policy ${policy} was not evaluated`);
  return result;
}

/** Somebody without an account is in no group, and is no user (docs/spec/policies.md#group-and-user-bindings). */
function matchesUser({ group, user }: PolicyBinding, evidence: PolicyFacts): boolean {
  if (evidence.user?.kind !== 'saved') return false;
  return group === undefined ? user === evidence.user.uuid : evidence.groups.has(group);
}

/** The policies that some may call by name, and those that these may call in turn. */
export function callablePolicies(version: FlowVersion, ids: readonly string[]): ReturnType<typeof findPolicy>[] {
  const found = new Map<string, ReturnType<typeof findPolicy>>();
  const callers = [...ids];
  for (const caller of callers) {
    const fresh = (findPolicy(version, caller).calls ?? []).filter((id) => !found.has(id));
    for (const id of fresh) found.set(id, findPolicy(version, id));
    callers.push(...fresh);
  }
  return [...found.values()];
}

/** A policy of a version, to be evaluated as it was configured then. */
export function findPolicy({ policies }: FlowVersion, id: string) {
  const policy = Object.hasOwn(policies, id) ? policies[id] : undefined;
  if (!policy) throw new Error(`the flow version has no policy ${id}`);
  return { id, ...policy };
}
