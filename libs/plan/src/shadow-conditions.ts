import { firstCharacters } from '@gatehouse/contracts';
import { z } from 'zod';
import type { FlowVersion, PolicySet } from './flow-version.js';
import {
  combined,
  enabledIn,
  findPolicy,
  isUnconditional,
  outcomeOf,
  type PolicyBinding,
  type PolicyFacts,
} from './policy-set.js';

/** Largest number of messages of a shadow verdict, and the largest length of each in characters. */
export const MAX_SHADOW_MESSAGES = 10;
export const MAX_SHADOW_MESSAGE_LENGTH = 500;

/** What a shadow condition would have decided if it were enforced (docs/spec/policies.md#shadow-conditions). */
export const shadowVerdict = z.object({
  /** Id of the policy binding. */
  binding: z.string(),
  condition: z.enum(['policy', 'group', 'user']),
  /** Name of the policy; null for a group or a user. */
  policy: z.string().nullable(),
  outcome: z.enum(['pass', 'fail', 'undecided']),
  /** Why the condition could not be evaluated. */
  error: z.string().exactOptional(),
  /** The messages of the policy, which the visitor does not see. Absent if there are none. */
  messages: z.array(z.string()).exactOptional(),
  /** Verdict of the policy set (`met`), and its verdict if this condition were enforced too (`would_be_met`). */
  met: z.boolean(),
  would_be_met: z.boolean(),
});
export type ShadowVerdict = z.output<typeof shadowVerdict>;

/** The facts with which shadow conditions are decided; `error` if they could not be evaluated. */
export type ShadowFacts = PolicyFacts | { readonly error: string };

/** Returns a policy set that contains the enabled shadow conditions of a set; `undefined` if there are none. */
export function shadowSetOf({ mode, shadow = [] }: PolicySet): PolicySet | undefined {
  const bindings = enabledIn({ mode, bindings: shadow });
  return bindings.length > 0 ? { mode, bindings } : undefined;
}

/** Whether a policy set has enforced bindings or shadow conditions, so that it must be evaluated. */
export const hasConditions = (set: PolicySet): boolean => !isUnconditional(set) || shadowSetOf(set) !== undefined;

/**
 * Returns for each shadow condition of a set the verdict that the set would have if this condition were enforced too.
 * `enforced` are the facts of the set's enforced bindings.
 */
export function shadowVerdicts(
  set: PolicySet,
  facts: { readonly enforced: PolicyFacts; readonly shadow: ShadowFacts },
  version: Pick<FlowVersion, 'policies'>,
): ShadowVerdict[] {
  const enforced = enabledIn(set).map((binding) => outcomeOf(binding, facts.enforced).pass);
  const passes = combined(set.mode, enforced);
  return (shadowSetOf(set)?.bindings ?? []).map((binding) => {
    const { pass, ...outcome } = shadowOutcome(binding, facts.shadow);
    return {
      ...{ binding: binding.id, condition: conditionOf(binding) },
      policy: binding.policy === undefined ? null : findPolicy(version, binding.policy).name,
      ...outcome,
      ...{ met: passes, would_be_met: combined(set.mode, [...enforced, pass]) },
    };
  });
}

const conditionOf = ({ policy, group }: PolicyBinding) =>
  policy !== undefined ? 'policy' : group !== undefined ? 'group' : 'user';

function shadowOutcome(binding: PolicyBinding, facts: ShadowFacts) {
  const error = errorOf(binding, facts);
  if (error !== undefined) return { pass: binding.failure_result, outcome: 'undecided' as const, error };
  const { pass, messages } = outcomeOf(binding, facts as PolicyFacts);
  const outcome = pass ? ('pass' as const) : ('fail' as const);
  return { pass, outcome, ...(messages.length > 0 && { messages: limited(messages) }) };
}

const limited = (messages: readonly string[]): string[] =>
  messages.slice(0, MAX_SHADOW_MESSAGES).map((message) => firstCharacters(message, MAX_SHADOW_MESSAGE_LENGTH));

const errorOf = ({ policy }: PolicyBinding, facts: ShadowFacts): string | undefined =>
  'error' in facts ? facts.error : policy === undefined ? undefined : facts.results[policy]?.error;
