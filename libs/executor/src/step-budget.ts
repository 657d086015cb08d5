import { Problem } from '@gatehouse/contracts';

/** What one request may ask of stages and policies, restarts and silent steps included. */
export const MAX_STEPS = 32;

/** Counts what one request has asked of others, so that every question has a name and no plan can walk for ever. */
export class StepBudget {
  private count = 0;
  private saved = 0;

  /** The number of the next question since the last save. */
  nextNumber(): number {
    return this.count++ - this.saved;
  }

  /** What comes now is asked from a new revision. */
  restartNumbering(): void {
    this.saved = this.count;
  }

  /** Throws Problem when the request has asked enough. */
  check(): void {
    if (this.count < MAX_STEPS) return;
    throw new Problem('stage_fault', { detail: `more than ${MAX_STEPS} turns in one request` });
  }
}
