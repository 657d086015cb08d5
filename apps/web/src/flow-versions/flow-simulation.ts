/** Something that a path assumes. */
export type SimulatedCondition =
  | { readonly type: 'visitor' | 'recent_login'; readonly answer: string }
  | { readonly type: 'policy' | 'group' | 'user'; readonly name: string; readonly answer: string }
  /** What the stage of a step does. */
  | { readonly type: 'stage'; readonly name: string; readonly answer: string };

/** A part of a path: alternative assumptions, of which one is enough, or a step with its outcome. */
export type PathPart =
  | {
      readonly type: 'conditions';
      readonly alternatives: readonly (readonly SimulatedCondition[])[];
      /** Whether there are more alternatives. */
      readonly isCut: boolean;
    }
  | { readonly type: 'step'; readonly name: string; readonly outcome: string };

/** How a path ends. */
export type SimulatedEnd =
  | { readonly type: 'done'; readonly login?: readonly ('first' | 'further')[] }
  | { readonly type: 'denied'; readonly reason: 'stage' | 'restarts' | 'proof_required' | 'next_invalid' }
  | { readonly type: 'refused'; readonly by: 'requirement' | 'policies' }
  | { readonly type: 'joins'; readonly path: number }
  | { readonly type: 'waits' | 'repeats' | 'cut' };

/** A path, which begins at the start of the flow or where it branches off an earlier path. */
export interface SimulatedPath {
  readonly number: number;
  readonly parts: readonly PathPart[];
  readonly end: SimulatedEnd;
}

/** A finding of the simulation that an operator should examine. */
export type SimulationFinding =
  | {
      readonly type: 'login_without_factor' | 'login_without_second_factor' | 'login_while_undecided';
      readonly step: string;
      readonly conditions: readonly SimulatedCondition[];
    }
  | { readonly type: 'never_reached' | 'dead_end' | 'vanishing'; readonly step: string }
  | { readonly type: 'changing_policy'; readonly policy: string };

/** The result of the simulation of a version. */
export interface VersionSimulation {
  readonly version: number;
  /** False if the simulation has reached one of its limits. */
  readonly isComplete: boolean;
  readonly findings: readonly SimulationFinding[];
  /** The paths, except those that end with a refused answer or a denial. */
  readonly paths: readonly SimulatedPath[];
  /** Names of the steps that may ask again. */
  readonly asksAgain: readonly string[];
  /** Names of the steps that may deny. */
  readonly mayDeny: readonly string[];
}
