import { Problem } from '@gatehouse/contracts';

/** Requests to stages and policies that one HTTP request may cause, including restarts and silent steps. */
export const MAX_STEPS = 32;

/** Counts the requests to stages and policies, so that each has a unique id and no plan runs forever. */
export class StepBudget {
  private count = 0;
  private saved = 0;

  /** Returns the number of the next request since the last save. */
  nextNumber(): number {
    return this.count++ - this.saved;
  }

  /** Starts numbering at 0 for a new revision. */
  restartNumbering(): void {
    this.saved = this.count;
  }

  /** Throws `stage_fault` if the limit is reached. */
  check(): void {
    if (this.count < MAX_STEPS) return;
    throw new Problem('stage_fault', { detail: `more than ${MAX_STEPS} turns in one request` });
  }
}
