import { Problem } from '@gatehouse/contracts';

/**
 * Largest number of requests to stages and policies that one HTTP request may cause, including those after restarts.
 */
export const MAX_STEPS = 32;

/**
 * Numbers the requests to stages and policies, so that each has a unique id, and limits their number, so that a flow
 * that restarts itself does not run forever.
 */
export class StepBudget {
  private count = 0;
  private saved = 0;

  /** Returns the number of the next request, counted from the last save. */
  nextNumber(): number {
    return this.count++ - this.saved;
  }

  /** Restarts the numbering at 0, because ids also contain the plan's revision, which has just increased. */
  restartNumbering(): void {
    this.saved = this.count;
  }

  /** Throws `stage_fault` if the HTTP request has caused `MAX_STEPS` requests. */
  check(): void {
    if (this.count < MAX_STEPS) return;
    throw new Problem('stage_fault', {
      detail: `one HTTP request causes more than ${MAX_STEPS} requests to stages and policies`,
    });
  }
}
