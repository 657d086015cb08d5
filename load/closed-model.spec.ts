import { expect, it } from 'vitest';
import type { Clock } from './clock.js';
import { runClosedModel } from './closed-model.js';
import { VirtualClock } from './testing/virtual-clock.js';

/** A clock whose timers fire half a millisecond early, as timers of Node may do. */
class EarlyClock extends VirtualClock {
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return super.sleep(ms > 1 ? ms - 0.5 : ms, signal);
  }
}

/** Runs the model with visits of 10 ms. Returns when each visit began. */
async function visitsOf(clock: Clock, model: { readonly startedAt: number; readonly rampMs: number }) {
  const begun: number[] = [];
  const visit = async (due: number) => {
    begun.push(due);
    await clock.sleep(10);
  };
  await runClosedModel({ ...model, visitors: 2, durationMs: 40, visit, stopping: () => false }, clock);
  return begun;
}

it('the closed model spreads the first visits over the ramp, and begins the next when one has ended', async () => {
  const begun = await visitsOf(new VirtualClock(), { startedAt: 100, rampMs: 30 });
  expect(begun).toEqual([100, 110, 115, 120, 125, 130, 135]);
});

it('the closed model begins no visit before the load, even if a timer fires early', async () => {
  const begun = await visitsOf(new EarlyClock(), { startedAt: 250.25, rampMs: 0 });
  expect(Math.min(...begun)).toBeGreaterThanOrEqual(250.25);
});
