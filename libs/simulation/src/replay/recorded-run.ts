import type { FlowVersion, RecordedVerdict } from '@gatehouse/plan';

/** A step of a recorded run, as far as a replay reads it. */
export interface RecordedStep {
  readonly step: string;
  readonly kind?: string | undefined;
  readonly stage?: string | undefined;
  readonly outcome: string;
}

/** The record of a run that ended (docs/spec/journeys.md). */
export interface RecordedRun {
  readonly outcome: 'done' | 'denied';
  readonly loggedIn: boolean;
  readonly steps: readonly RecordedStep[];
  readonly verdicts: Readonly<Record<string, RecordedVerdict>>;
  /** The version that was run; `undefined` if it was deleted. */
  readonly version: FlowVersion | undefined;
}

/** Outcomes of steps that the visitor did not meet. */
const UNMET = new Set(['skipped', 'deferred']);

/** Returns the steps that the visitor met, each with the last outcome. */
export function metSteps({ steps }: RecordedRun): RecordedStep[] {
  const met = steps.filter(({ outcome }) => !UNMET.has(outcome));
  return [...new Map(met.map((step) => [step.step, step])).values()];
}

/** Returns what identifies a step in two versions: its stage, because a new binding of the same stage has another id. */
export const identityOf = (step: {
  readonly step?: string;
  readonly id?: string;
  readonly stage?: string | undefined;
}) => step.stage ?? step.step ?? step.id ?? '';
