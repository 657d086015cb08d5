import { walkInSlices } from './flow-graph.js';
import { allAnswers, type Oracle, policiesAway, type StepReference } from './question.js';
import { reachedSteps, reportOf, type SimulationReport } from './report.js';
import type { WalkedVersion } from './walk.js';
import { runToEnd, type WalkLimits } from './walk-budget.js';

/** Number of paths that a report lists at most, unless its caller says otherwise. */
export const MAX_PATHS = 1000;

/** What a simulation needs. The limits hold for each of its two walks. */
export interface SimulationOptions extends WalkedVersion, WalkLimits {
  /** Limits the answers that the simulation follows, such as those of a known user. */
  readonly limit?: ((oracle: Oracle) => Oracle) | undefined;
  readonly maxPaths?: number | undefined;
}

/** The paths of a flow, and what changes while no policy can decide. */
export interface Simulation extends SimulationReport {
  readonly policiesAway: {
    /** Steps that some path reaches, but none while no policy can decide. */
    readonly vanishing: readonly StepReference[];
    readonly report: SimulationReport;
  };
}

/** Simulates a flow version: all its paths, with and without policies that can decide. */
export const simulate = (options: SimulationOptions): Simulation => runToEnd(simulateInSlices(options));

/** Simulates as `simulate` does. Yields after each branch, so that the caller can do other work in between. */
export function* simulateInSlices({
  limit = (oracle) => oracle,
  maxPaths = MAX_PATHS,
  ...walked
}: SimulationOptions): Generator<undefined, Simulation> {
  const usual = yield* walkInSlices({ ...walked, oracle: limit(allAnswers) });
  const away = yield* walkInSlices({ ...walked, oracle: limit(policiesAway) });
  const [reached, left] = [reachedSteps(usual), reachedSteps(away)];
  const report = reportOf(usual, walked, maxPaths);
  const vanishing = away.isComplete ? walked.version.steps.filter(({ id }) => reached.has(id) && !left.has(id)) : [];
  return {
    ...report,
    policiesAway: {
      vanishing: vanishing.map(({ id, stage }) => ({ id, name: stage.name, stage: stage.id, kind: stage.kind })),
      report: reportOf(away, walked, maxPaths),
    },
  };
}
