import { type FlowVersion, type Plan, type Step, stepsOf } from '@gatehouse/plan';
import type { FlowDiagram } from './flow-inspection.dto.js';

type State = FlowDiagram[number]['state'];

/** Every step of a run in the order of its flow, those that it left out when it was planned too, and how it went with each. */
export const flowDiagramOf = (plan: Plan, version: FlowVersion): FlowDiagram =>
  withOmittedSteps(stepsOf(plan, version), version).map(({ step, at }) => {
    const { id, name, kind } = step;
    const turns = plan.trail.filter((turn) => turn.step === id);
    return {
      ...{ step: id, name, kind },
      state: stateOf(plan, at, turns.at(-1)?.outcome),
      policies: version.steps.find((bound) => bound.id === id)?.policies.bindings.length ?? 0,
      verdict: plan.verdicts[id] ?? null,
      answers: turns.filter(({ outcome }) => !UNASKED.has(outcome)).length,
      ms: turns.reduce((sum, { ms }) => sum + ms, 0),
    };
  });

/** Outcomes of a step that was not asked: its policies left it out, or a proof comes first. */
const UNASKED: ReadonlySet<string | undefined> = new Set(['skipped', 'deferred']);

interface PlacedStep {
  readonly step: Pick<Step, 'id' | 'name' | 'kind'>;
  /** Where in the plan; undefined when it is not in it. */
  readonly at: number | undefined;
}

/** Each step that is not in the plan stands behind the one that it follows in the flow. */
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
  if (ended) return last === 'passed' ? 'passed' : last === undefined || UNASKED.has(last) ? 'left_out' : 'refused';
  if (at < cursor) return 'passed';
  return at === cursor ? 'current' : 'planned';
}
