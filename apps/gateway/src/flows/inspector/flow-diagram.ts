import { type FlowVersion, type Plan, type Step, stepsOf } from '@gatehouse/plan';
import type { FlowDiagram } from './flow-inspection.dto.js';

type State = FlowDiagram[number]['state'];

/** Returns the state of every step of a run in the order of the flow, including the steps that the planner left out. */
export const flowDiagramOf = (plan: Plan, version: FlowVersion): FlowDiagram =>
  withOmittedSteps(stepsOf(plan, version), version).map(({ step, at }) => {
    const { id, name, kind } = step;
    const entries = plan.trail.filter((entry) => entry.step === id);
    return {
      ...{ step: id, name, kind },
      state: stateOf(plan, at, entries.at(-1)?.outcome),
      policies: version.steps.find((bound) => bound.id === id)?.policies.bindings.length ?? 0,
      verdict: plan.verdicts[id] ?? null,
      answers: entries.filter(({ outcome }) => !UNANSWERED.has(outcome)).length,
      ms: entries.reduce((sum, { ms }) => sum + ms, 0),
    };
  });

/**
 * Outcomes that are not an answer to the stage: policies skipped the step, or the executor inserted a proof step before
 * it (docs/spec/plan.md#recent-proof).
 */
const UNANSWERED: ReadonlySet<string | undefined> = new Set(['skipped', 'deferred']);

interface PlacedStep {
  readonly step: Pick<Step, 'id' | 'name' | 'kind'>;
  /** Index in the plan; undefined if the plan does not contain the step. */
  readonly at: number | undefined;
}

/** Adds each step of the flow that the plan does not contain, directly after its predecessor in the flow. */
function withOmittedSteps(steps: readonly Step[], version: FlowVersion): PlacedStep[] {
  const placed: PlacedStep[] = steps.map((step, at) => ({ step, at }));
  version.steps.forEach(({ id, stage }, i) => {
    if (steps.some((step) => step.id === id)) return;
    const before = version.steps[i - 1]?.id;
    const index = placed.findIndex(({ step }) => step.id === before) + 1;
    placed.splice(index, 0, { step: { id, name: stage.name, kind: stage.kind }, at: undefined });
  });
  return placed;
}

function stateOf({ cursor, ended }: Plan, at: number | undefined, last: string | undefined): State {
  if (at === undefined) return 'left_out';
  if (last === 'skipped') return 'skipped';
  if (ended) return last === 'passed' ? 'passed' : last === undefined || UNANSWERED.has(last) ? 'left_out' : 'refused';
  if (at < cursor) return 'passed';
  return at === cursor ? 'current' : 'planned';
}
