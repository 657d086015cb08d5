import { currentStep } from '@gatehouse/plan';
import { type FlowContext, isStored } from './flow-context.js';
import type { FlowResult } from './flow-response.js';
import type { FlowRun } from './flow-run.js';
import type { FlowObserver } from './ports/flow-observer.js';
import type { LoadedFlow } from './ports/plan-store.js';

/** Reports to the observer, for metrics, what a run has saved. `result` is the result of the request. */
export function observeRun(observer: FlowObserver, run: FlowRun, result: FlowResult): void {
  const { context, plan } = run;
  const { flow } = context.version;
  if (!isStored(context.continued) && (run.row || plan.ended)) observeNewPlan(observer, context);
  for (const { kind, outcome } of run.stepOutcomes) observer.stepTaken(flow, kind, outcome);
  // Problems with another response body, such as `rate_limited`, refuse the request. They are not failures of the flow.
  if (result.type === 'problem' && result.problem.entry.body === 'flow_error') {
    const step = currentStep(plan, context.version);
    if (step) observer.stepTaken(flow, step.kind, 'fault');
  }
  if (plan.ended) observer.planEnded(flow, 'to' in plan.ended ? 'done' : 'denied');
}

/** Reports to the observer that a plan began, and that the plan which it replaces was abandoned. */
export function observeNewPlan(
  observer: FlowObserver,
  { version: { flow }, loaded, continued }: Pick<FlowContext, 'version' | 'loaded' | 'continued'>,
): void {
  if (continuesReplaced({ loaded, continued })) return;
  observer.planBegan(flow);
  if (isUnfinished(loaded)) observer.planEnded(flow, 'abandoned');
}

/**
 * Returns whether a mailed link was opened in the session of the plan that mailed it. That plan continues, so it is not
 * abandoned. The link of another plan replaces the plan of the session, which is then abandoned.
 */
export const continuesReplaced = ({ loaded, continued }: Pick<FlowContext, 'loaded' | 'continued'>): boolean =>
  isUnfinished(loaded) &&
  continued !== undefined &&
  'mailedBy' in continued &&
  continued.mailedBy === loaded.planRow?.id;

/** Whether the session has a plan of this flow that has not ended. */
const isUnfinished = ({ planRow, stored }: LoadedFlow): boolean =>
  planRow !== undefined && stored?.plan.ended === undefined;
