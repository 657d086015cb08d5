/** Limits of a walk, which finds all paths through a flow. */
export interface WalkLimits {
  /** Largest number of states that the walk visits. */
  readonly maxStates?: number | undefined;
  /**
   * Largest number of answers that all branches assume together. Each state has a branch for every combination of
   * answers, so time and memory grow with this number.
   */
  readonly maxAnswers?: number | undefined;
  /** Returns whether the walk must stop now, for example because of a time limit. Called before each branch. */
  readonly isOver?: (() => boolean) | undefined;
}

/** Largest number of states that a walk visits, by default. */
export const MAX_STATES = 20_000;

/** Largest number of answers that a walk assumes, by default. */
export const MAX_ANSWERS = 500_000;

/** Counts the work of a walk, and reports when a limit is reached. */
export class WalkBudget {
  /** False once something was left out because of a limit. */
  isEnough = true;
  private answers: number;
  private readonly maxStates: number;
  private readonly isOver: () => boolean;

  constructor({ maxStates = MAX_STATES, maxAnswers = MAX_ANSWERS, isOver = () => false }: WalkLimits) {
    this.answers = maxAnswers;
    this.maxStates = maxStates;
    this.isOver = isOver;
  }

  /** Whether the limits allow another branch. If they do not, the walk is incomplete. */
  admitsBranch(): boolean {
    const isAdmitted = this.answers > 0 && !this.isOver();
    this.isEnough &&= isAdmitted;
    return isAdmitted;
  }

  /** Counts the answers that a branch has assumed, towards the limit of all answers. */
  countBranch({ length }: { readonly length: number }): void {
    this.answers -= Math.max(1, length);
  }

  /** Whether the limits allow visiting the state with this number. If they do not, the walk is incomplete. */
  admitsState(number: number): boolean {
    const isAdmitted = number < this.maxStates;
    this.isEnough &&= isAdmitted;
    return isAdmitted;
  }
}

/** Runs a generator to its end and returns its result. */
export function runToEnd<T>(work: Generator<undefined, T>): T {
  let next = work.next();
  while (!next.done) next = work.next();
  return next.value;
}
