import { isDeepStrictEqual } from 'node:util';
import type { StageContract } from '@gatehouse/contracts';
import type { FlowVersion } from '@gatehouse/plan';

type Step = FlowVersion['steps'][number];

/** Returns the contract of a kind of stage; undefined for an external stage. */
export type FindContract = (kind: string) => StageContract | undefined;

/**
 * Returns, in words, which protections of accounts differ between the current version and the candidate. Returns
 * nothing if going back to the current version cannot weaken the flow. Every difference counts, because it cannot be
 * computed whether a changed policy or a changed setting is the stronger one
 * (docs/spec/rollout.md#when-the-guard-goes-back).
 */
export function protectionDifferences(current: FlowVersion, candidate: FlowVersion, find: FindContract): string[] {
  const [before, after] = [current, candidate].map((version) => protectionOf(version, find));
  const parts = ['requirement', 'policies', 'attached stages'] as const;
  return [
    ...parts.filter((part) => !isDeepStrictEqual(before![part], after![part])).map((part) => `the ${part}`),
    ...stepDifferences(before!.steps, after!.steps),
  ];
}

/**
 * Returns the parts of a flow version that protect accounts: everything except steps that do not prove and do not
 * change anything.
 */
function protectionOf(version: FlowVersion, find: FindContract) {
  const { flow, guard, policies, attached, companions, descriptors } = version;
  const protects = (kind: string) => isProtecting(find(kind));
  const stages = (of: FlowVersion['attached']) => Object.values(of).filter(({ kind }) => protects(kind));
  return {
    requirement: [flow.authentication, flow.denied_action],
    policies: [guard, policies],
    'attached stages': [stages(attached), stages(companions), descriptors],
    steps: version.steps.filter(({ stage, policies: own }) => protects(stage.kind) || own.bindings.length > 0),
  };
}

/**
 * Whether a stage may protect accounts: a built-in stage that proves, identifies, changes, inserts, denies or calls
 * policies, or any external stage. A captcha does not, because it proves nothing about a user.
 */
function isProtecting(contract: StageContract | undefined): boolean {
  if (!contract) return true;
  const { attempts, effects, verifies, renews, related_models } = contract;
  const others = contract.inserts.filter((kind) => kind !== contract.kind);
  const lists = [attempts, effects, others, verifies, renews, related_models, Object.keys(contract.embeds)];
  const acts = [contract.acts, contract.ends, contract.changes_user, contract.grants, contract.alters_user];
  return lists.some(({ length }) => length > 0) || acts.includes(true) || contract.identifies !== undefined;
}

function stepDifferences(before: readonly Step[], after: readonly Step[]): string[] {
  const [earlier, later] = [byOccurrence(before), byOccurrence(after)];
  const names = (steps: ReadonlyMap<string, Step>, others: ReadonlyMap<string, Step>) =>
    [...steps].flatMap(([key, step]) => (others.has(key) ? [] : nameOf(step)));
  const changed = [...later].flatMap(([key, step]) => {
    const was = earlier.get(key);
    return was && !isDeepStrictEqual(contentOf(was), contentOf(step)) ? nameOf(step) : [];
  });
  const differences = [
    ...names(later, earlier).map((name) => `the new step ${name}`),
    ...names(earlier, later).map((name) => `the removed step ${name}`),
    ...changed.map((name) => `the step ${name}`),
  ];
  const isMoved = differences.length === 0 && !isDeepStrictEqual([...earlier.keys()], [...later.keys()]);
  return isMoved ? ['the order of the steps'] : differences;
}

/** Returns the steps in order, by stage and occurrence, because a flow may bind a stage twice. */
function byOccurrence(steps: readonly Step[]): ReadonlyMap<string, Step> {
  const found = new Map<string, Step>();
  const counts = new Map<string, number>();
  for (const step of steps) {
    const count = (counts.get(step.stage.id) ?? 0) + 1;
    counts.set(step.stage.id, count);
    found.set(`${count} ${step.stage.id}`, step);
  }
  return found;
}

const nameOf = ({ stage: { name, kind } }: Step) => `"${name}" (${kind})`;

const contentOf = ({ id: _id, order: _order, ...step }: Step) => step;
