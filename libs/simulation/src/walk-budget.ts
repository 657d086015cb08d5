/** Largest work of a walk. */
export interface WalkLimits {
  /** Number of states that the walk visits at most. */
  readonly maxStates?: number | undefined;
  /**
   * Number of answers that all branches together assume at most. One state has a branch for each combination of answers,
   * so that time and memory grow with this number.
   */
  readonly maxAnswers?: number | undefined;
  /** Returns whether the walk must end now, for example because its time is over. Asked before each branch. */
  readonly isOver?: (() => boolean) | undefined;
}

/** Number of states that a walk visits at most, unless its caller says otherwise. */
export const MAX_STATES = 20_000;

/** Number of answers that a walk assumes at most, unless its caller says otherwise. */
export const MAX_ANSWERS = 500_000;

/** The work that is left to a walk. */
export class WalkBudget {
  /** False as soon as something was left out. */
  isEnough = true;
  private answers: number;
  private readonly maxStates: number;
  private readonly isOver: () => boolean;

  constructor({ maxStates = MAX_STATES, maxAnswers = MAX_ANSWERS, isOver = () => false }: WalkLimits) {
    this.answers = maxAnswers;
    this.maxStates = maxStates;
    this.isOver = isOver;
  }

  /** Whether another branch may be followed. */
  admitsBranch(): boolean {
    const isAdmitted = this.answers > 0 && !this.isOver();
    this.isEnough &&= isAdmitted;
    return isAdmitted;
  }

  /** Counts the answers of a branch. */
  countBranch({ length }: { readonly length: number }): void {
    this.answers -= Math.max(1, length);
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
