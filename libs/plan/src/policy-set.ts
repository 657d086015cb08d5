import type { ApiVersion, PolicyResult, User } from '@gatehouse/contracts';
import type { FlowVersion, PolicySet } from './flow-version.js';
import type { RecordedVerdict } from './recorded-verdict.js';

/** The verdict of a policy set for one user, with the messages of its policies. */
export interface PolicyVerdict {
  readonly pass: boolean;
  readonly messages: readonly string[];
  /** Whether the set does not pass, but would pass if its undecided policies passed. */
  readonly undecided: boolean;
}

/** What must be looked up and evaluated before a policy set can be decided. */
export interface PolicyQueries {
  /** Ids of the groups in the bindings. */
  readonly groups: readonly string[];
  /**
   * The policies to evaluate. Each is listed once, with the longest timeout of its bindings in milliseconds; Infinity
   * for no limit.
   */
  readonly policies: readonly { readonly id: string; readonly timeoutMs: number }[];
}

/** The user for whom a policy set is decided, with the user's groups and the results of the policies. */
export interface PolicyFacts {
  readonly user: User | undefined;
  /** Ids of the user's groups, including all parents of these groups. */
  readonly groups: ReadonlySet<string>;
  /** Results of the policies, by policy id. */
  readonly results: Readonly<Record<string, PolicyResult>>;
  /** The API line whose rules apply. Default: 2024.8. */
  readonly apiVersion?: ApiVersion;
}

export type PolicyBinding = PolicySet['bindings'][number];

/** Returns the enabled bindings of a set. */
export const enabledIn = ({ bindings }: PolicySet) => bindings.filter(({ enabled }) => enabled);

/** Returns the enabled bindings of a set in their order (docs/spec/policies.md#order). */
export const enabledBindings = (set: PolicySet): PolicyBinding[] => enabledIn(set).sort(byOrder);

/** Whether a set has no enabled bindings and so passes for every user. */
export const isUnconditional = (set: PolicySet): boolean => enabledIn(set).length === 0;

/** Returns the groups to look up and the policies to evaluate for a set. */
export function queriesFor(set: PolicySet): PolicyQueries {
  const enabled = enabledIn(set);
  const timeouts = new Map<string, number>();
  for (const { policy, timeout_s } of enabled) {
    if (policy !== undefined) timeouts.set(policy, Math.max(timeouts.get(policy) ?? 0, timeoutMs(timeout_s)));
  }
  return {
    groups: [...new Set(enabled.flatMap(({ group }) => group ?? []))],
    policies: [...timeouts].map(([id, timeoutMs]) => ({ id, timeoutMs })),
  };
}

/** Returns a binding's time limit in milliseconds; Infinity for 0 seconds, which mean no limit. */
const timeoutMs = (seconds: number) => (seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1000);

/**
 * Returns the verdict of a set's enabled bindings (docs/spec/policies.md#judging). A set without enabled bindings
 * passes.
 */
export function evaluatePolicySet(set: PolicySet, facts: PolicyFacts): PolicyVerdict {
  const outcomes = enabledBindings(set).map((binding) => outcomeOf(binding, facts));
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

/**
 * Whether a step runs, given the verdict of its policies. If the verdict depends on a policy that threw or took too
 * long, a step that grants something, such as a login, is skipped, and a step that grants nothing, such as a captcha,
 * runs. So a broken policy neither grants anything nor removes a check (docs/security.md#accident-1).
 */
export const runsStep = ({ pass, undecided }: PolicyVerdict, isGrant: boolean): boolean =>
  pass || (undecided && !isGrant);

/** Combines the results of bindings by the mode `all` or `any`. Without results, returns true. */
export function combined(mode: PolicySet['mode'], passes: readonly boolean[]): boolean {
  return passes.length === 0 || (mode === 'all' ? !passes.includes(false) : passes.includes(true));
}

/** Sorts bindings by order, and bindings of the same order by id (docs/spec/policies.md#order). */
export const byOrder = (a: PolicyBinding, b: PolicyBinding) => a.order - b.order || (a.id < b.id ? -1 : 1);

/** Returns whether one binding passes, with `undecided` if its policy threw or took too long. */
export function outcomeOf(binding: PolicyBinding, facts: PolicyFacts): PolicyVerdict {
  const result = binding.policy === undefined ? undefined : resultOf(binding.policy, facts);
  // `negate` does not apply to a policy that threw or took too long.
  if (result?.error !== undefined)
    return { pass: binding.failure_result, messages: result.messages, undecided: !binding.failure_result };
  // Since 2026.8, a group or user binding never passes for a visitor without an account, even if the binding is
  // negated.
  if (!result && facts.user?.kind !== 'saved' && facts.apiVersion === '2026.8')
    return { pass: false, messages: [], undecided: false };
  const pass = result?.pass ?? matchesUser(binding, facts);
  return { pass: pass !== binding.negate, messages: result?.messages ?? [], undecided: false };
}

/**
 * Returns the result of each enabled binding, by binding id, before `negate` is applied. Journey records
 * (docs/spec/journeys.md) contain these results.
 */
export const recordedVerdicts = (set: PolicySet, facts: PolicyFacts): Record<string, RecordedVerdict> =>
  Object.fromEntries(enabledIn(set).map((binding) => [binding.id, verdictOf(binding, facts)]));

function verdictOf(binding: PolicyBinding, facts: PolicyFacts): RecordedVerdict {
  const result = binding.policy === undefined ? undefined : resultOf(binding.policy, facts);
  if (result?.error !== undefined) return 'undecided';
  return (result?.pass ?? matchesUser(binding, facts)) ? 'pass' : 'fail';
}

function resultOf(policy: string, { results }: PolicyFacts): PolicyResult {
  const result = Object.hasOwn(results, policy) ? results[policy] : undefined;
  if (!result) throw new Error(`the policy ${policy} was not evaluated`);
  return result;
}

/**
 * Whether the user is the user of the binding, or in its group. False for a user who is not saved
 * (docs/spec/policies.md#group-and-user-bindings).
 */
function matchesUser({ group, user }: PolicyBinding, facts: PolicyFacts): boolean {
  if (facts.user?.kind !== 'saved') return false;
  return group === undefined ? user === facts.user.uuid : facts.groups.has(group);
}

/** Returns the policies that these policies may call by name, directly or through other policies. */
export function callablePolicies(
  version: Pick<FlowVersion, 'policies'>,
  ids: readonly string[],
): ReturnType<typeof findPolicy>[] {
  const found = new Map<string, ReturnType<typeof findPolicy>>();
  const callers = [...ids];
  for (const caller of callers) {
    const fresh = (findPolicy(version, caller).calls ?? []).filter((id) => !found.has(id));
    for (const id of fresh) found.set(id, findPolicy(version, id));
    callers.push(...fresh);
  }
  return [...found.values()];
}

/** Returns a policy with its config from the flow version. Throws Error if the version does not contain it. */
export function findPolicy({ policies }: Pick<FlowVersion, 'policies'>, id: string) {
  const policy = Object.hasOwn(policies, id) ? policies[id] : undefined;
  if (!policy) throw new Error(`the flow version has no policy ${id}`);
  return { id, ...policy };
}
