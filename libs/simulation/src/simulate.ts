import { walkFlow } from './flow-graph.js';
import { allAnswers, type Oracle, policiesAway, type StepReference } from './question.js';
import { reachedSteps, reportOf, type SimulationReport } from './report.js';
import type { WalkedVersion } from './walk.js';

/** Number of paths that a report lists at most, unless its caller says otherwise. */
export const MAX_PATHS = 1000;

interface SimulationOptions extends WalkedVersion {
  /** Limits the answers that the simulation follows, such as those of a known user. */
  readonly limit?: ((oracle: Oracle) => Oracle) | undefined;
  readonly maxPaths?: number | undefined;
  readonly maxStates?: number | undefined;
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
export function simulate({
  limit = (oracle) => oracle,
  maxPaths = MAX_PATHS,
  maxStates,
  ...walked
}: SimulationOptions): Simulation {
  const usual = walkFlow({ ...walked, maxStates, oracle: limit(allAnswers) });
  const away = walkFlow({ ...walked, maxStates, oracle: limit(policiesAway) });
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
