import type { Clock } from './clock.js';

/** A load in the open model: each visitor arrives at a given time, whether or not earlier visits have ended. */
export interface OpenModel {
  /** Times of arrivals in milliseconds since `startedAt`, in order. */
  readonly arrivals: Iterable<number>;
  readonly startedAt: number;
  /** Number of visits that may run at the same time. */
  readonly maxInFlight: number;
  /** Runs a visit. `due` is the time at which the visitor arrived. The latency of the visit counts from then. */
  readonly visit: (due: number) => Promise<void>;
  /** Called for a visitor who could not be served because `maxInFlight` visits were running. */
  readonly onTurnedAway: (due: number) => void;
  readonly stopping: () => boolean;
}

/**
 * Starts each visit when its visitor arrives, whether or not earlier visits have ended. The latency of a visit that
 * starts late counts from the arrival, so a slow deployment cannot hide its latency by slowing the load down
 * (coordinated omission). Resolves when all visits have ended.
 */
export async function runOpenModel(model: OpenModel, clock: Clock): Promise<void> {
  const running = new Set<Promise<void>>();
  for (const at of model.arrivals) {
    const due = model.startedAt + at;
    for (let wait = due - clock.now(); wait > 0 && !model.stopping(); wait = due - clock.now()) await clock.sleep(wait);
    if (model.stopping()) break;
    if (running.size >= model.maxInFlight) {
      model.onTurnedAway(due);
      continue;
    }
    const visit: Promise<void> = model.visit(due).finally(() => running.delete(visit));
    running.add(visit);
  }
  await Promise.all(running);
}
