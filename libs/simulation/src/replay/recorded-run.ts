import type { FlowVersion, RecordedVerdict } from '@gatehouse/plan';

/** The parts of a recorded step that a replay reads. */
export interface RecordedStep {
  readonly step: string;
  readonly kind?: string | undefined;
  readonly stage?: string | undefined;
  readonly outcome: string;
}

/** The journey record of a run (docs/spec/journeys.md), with the flow version that was run. */
export interface RecordedRun {
  readonly outcome: 'done' | 'denied';
  readonly loggedIn: boolean;
  readonly steps: readonly RecordedStep[];
  readonly verdicts: Readonly<Record<string, RecordedVerdict>>;
  /** The flow version that was run; `undefined` if it was deleted. */
  readonly version: FlowVersion | undefined;
}

/** Outcomes of steps that the visitor did not see. */
const UNMET = new Set(['skipped', 'deferred']);

/** Returns the steps that the visitor saw, each with its last outcome. */
export function metSteps({ steps }: Pick<RecordedRun, 'steps'>): RecordedStep[] {
  const met = steps.filter(({ outcome }) => !UNMET.has(outcome));
  return [...new Map(met.map((step) => [step.step, step])).values()];
}

/**
 * Returns the id of a step's stage, by which the step is recognised in another version. A new binding of the same stage
 * has another id.
 */
export const identityOf = (step: {
  readonly step?: string;
  readonly id?: string;
  readonly stage?: string | undefined;
}) => step.stage ?? step.step ?? step.id ?? '';
