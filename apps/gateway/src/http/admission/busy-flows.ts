/** Factor by which a limit falls after an interval in which a stage was busy. */
const FALL = 0.9;
/** Number of adjustments without a busy stage after which the limit of a flow is removed. */
const FORGOTTEN_AFTER = 100;

interface FlowLimit {
  value: number;
  /** Largest number of requests in flight since the limit was last adjusted. */
  peak: number;
  retryAfterS: number;
  /** Number of adjustments since a stage of the flow was busy. */
  age: number;
}

/**
 * Limits the requests in flight of each flow with a busy stage, so that new visits are refused at their first request
 * and not later at the busy stage. The limit falls after each interval in which a stage was busy, and rises slowly
 * after the others.
 */
export class BusyFlows {
  private readonly inFlight = new Map<string, number>();
  private readonly limits = new Map<string, FlowLimit>();

  /** Returns the seconds after which to retry if the flow admits no new visit now, else undefined. */
  refusalOf(flow: string): number | undefined {
    const limit = this.limits.get(flow);
    return limit && this.countOf(flow) >= limit.value ? limit.retryAfterS : undefined;
  }

  enter(flow: string): void {
    const count = this.countOf(flow) + 1;
    this.inFlight.set(flow, count);
    const limit = this.limits.get(flow);
    if (limit) limit.peak = Math.max(limit.peak, count);
  }

  leave(flow: string): void {
    const count = this.countOf(flow) - 1;
    if (count > 0) this.inFlight.set(flow, count);
    else this.inFlight.delete(flow);
  }

  /** Records that a stage of the flow was busy, and after how many seconds clients should retry. */
  report(flow: string, retryAfterS: number): void {
    const count = this.countOf(flow);
    const { value, peak } = this.limits.get(flow) ?? { value: count, peak: count };
    this.limits.set(flow, { value, peak, retryAfterS, age: 0 });
  }

  /** Adjusts all limits. Must be called at regular intervals. */
  adjust(): void {
    for (const [flow, limit] of this.limits) {
      if (limit.age === 0) limit.value = Math.max(1, Math.min(limit.value, limit.peak) * FALL);
      else if (limit.peak >= limit.value) limit.value += 1;
      limit.peak = this.countOf(flow);
      limit.age += 1;
      if (limit.age > FORGOTTEN_AFTER) this.limits.delete(flow);
    }
  }

  private countOf(flow: string): number {
    return this.inFlight.get(flow) ?? 0;
  }
}
