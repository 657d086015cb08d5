import { walkInSlices } from './flow-graph.js';
import { allAnswers, type Oracle, policiesAway, type StepReference } from './question.js';
import { type FoundLogin, reachedSteps, reportOf, type SimulationReport } from './report.js';
import type { WalkedVersion } from './walk.js';
import { runToEnd, type WalkLimits } from './walk-budget.js';

/** Largest number of paths in a report, by default. */
export const MAX_PATHS = 1000;

/** Options of a simulation. The limits apply to each of its two walks. */
export interface SimulationOptions extends WalkedVersion, WalkLimits {
  /** Restricts the answers that the simulation follows, for example to those of a known user. */
  readonly limit?: ((oracle: Oracle) => Oracle) | undefined;
  readonly maxPaths?: number | undefined;
}

/** The report about a flow, and what is different while no policy can be evaluated. */
export interface Simulation extends SimulationReport {
  readonly policiesAway: {
    /** Steps that some path reaches, but that no path reaches while no policy can be evaluated. */
    readonly vanishing: readonly StepReference[];
    readonly report: SimulationReport;
  };
}

/**
 * Returns the logins without a factor that a policy makes possible because it cannot decide. A login on a path without
 * such a policy is possible anyway.
 */
export const loginsWhileUndecided = ({ policiesAway: { report } }: Simulation): FoundLogin[] =>
  report.loginsWithoutFactor.filter(({ facts }) => facts.some(({ answer }) => answer === 'undecided'));

/**
 * Simulates a flow version: finds all its paths, once with working policies and once while no policy can be evaluated.
 */
export const simulate = (options: SimulationOptions): Simulation => runToEnd(simulateInSlices(options));

/** Does the same as `simulate` as a generator, which yields after each branch so that the caller can do other work. */
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
