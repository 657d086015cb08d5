import { randomOf } from './random.js';

/** When the visitors of the open model arrive. */
export interface ArrivalPlan {
  /** Arrivals a second after the ramp. */
  readonly rate: number;
  /** `poisson`: independent visitors at random intervals. `constant`: equal intervals. */
  readonly pattern: 'poisson' | 'constant';
  /** Time in which the rate rises from 0 to `rate`, in milliseconds. */
  readonly rampMs: number;
  readonly durationMs: number;
  readonly seed: number;
}

/** The share of the arrivals that one of several load generators serves. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

/**
 * Yields the times of arrivals, in milliseconds since the start of the load. Together, all shares yield all arrivals of
 * the plan.
 */
export function* arrivalTimes(plan: ArrivalPlan, share: Share = { index: 0, of: 1 }): Generator<number> {
  const random = randomOf(plan.seed);
  const distance = plan.pattern === 'poisson' ? () => -Math.log(1 - random()) : () => 1;
  let expected = plan.pattern === 'poisson' ? distance() : 0.5;
  for (let number = 0; ; number++) {
    const at = timeOf(expected, plan);
    if (at >= plan.durationMs) return;
    if (number % share.of === share.index) yield at;
    expected += distance();
  }
}

/** Returns the time at which `expected` arrivals are due: the inverse of the integral of the rate. */
function timeOf(expected: number, { rate, rampMs }: ArrivalPlan): number {
  const perMs = rate / 1000;
  const inRamp = (perMs * rampMs) / 2;
  return expected < inRamp ? Math.sqrt((2 * rampMs * expected) / perMs) : expected / perMs + rampMs / 2;
}
