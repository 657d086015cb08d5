/** Largest work of a walk. */
export interface WalkLimits {
  /** Number of states that the walk visits at most. */
  readonly maxStates?: number | undefined;
  /** Number of branches that the walk follows at most. One state has a branch for each combination of its answers. */
  readonly maxBranches?: number | undefined;
  /** Returns whether the walk must end now, for example because its time is over. Asked before each branch. */
  readonly isOver?: (() => boolean) | undefined;
}

/** Number of states that a walk visits at most, unless its caller says otherwise. */
export const MAX_STATES = 20_000;

/** Number of branches that a walk follows at most, unless its caller says otherwise. */
export const MAX_BRANCHES = 200_000;

/** The work that is left to a walk. */
export class WalkBudget {
  /** False as soon as something was left out. */
  isEnough = true;
  private branches: number;
  private readonly maxStates: number;
  private readonly isOver: () => boolean;

  constructor({ maxStates = MAX_STATES, maxBranches = MAX_BRANCHES, isOver = () => false }: WalkLimits) {
    this.branches = maxBranches;
    this.maxStates = maxStates;
    this.isOver = isOver;
  }

  /** Whether another branch may be followed. */
  takeBranch(): boolean {
    const isAllowed = this.branches > 0 && !this.isOver();
    this.branches -= 1;
    this.isEnough &&= isAllowed;
    return isAllowed;
  }

  /** Whether the state with this number may be visited. */
  admitsState(number: number): boolean {
    const isAdmitted = number < this.maxStates;
    this.isEnough &&= isAdmitted;
    return isAdmitted;
  }
}

/** Runs work that yields from time to time to its end. */
export function runToEnd<T>(work: Generator<undefined, T>): T {
  let next = work.next();
  while (!next.done) next = work.next();
  return next.value;
}
