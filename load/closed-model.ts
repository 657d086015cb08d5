import type { Clock } from './clock.js';

/** A load in the closed model: a fixed number of visitors, each of whom visits again and again. */
export interface ClosedModel {
  /** Number of visitors, each of whom begins the next visit when the last one has ended. */
  readonly visitors: number;
  readonly startedAt: number;
  /** Time in which the visitors begin one after the other, in milliseconds. */
  readonly rampMs: number;
  readonly durationMs: number;
  readonly visit: (due: number) => Promise<void>;
  readonly stopping: () => boolean;
}

/**
 * Runs visits until `durationMs` has passed. Resolves when all visits have ended. The rate follows from the latency of
 * the deployment, so the latencies of this model say nothing about a higher rate.
 */
export async function runClosedModel(model: ClosedModel, clock: Clock): Promise<void> {
  const end = model.startedAt + model.durationMs;
  const visitor = async (number: number) => {
    const first = model.startedAt + (model.rampMs * number) / model.visitors;
    // Timers of Node may fire up to two milliseconds early. Then the first visitor would begin before the load.
    for (let wait = first - clock.now(); wait > 0; wait = first - clock.now()) await clock.sleep(wait);
    while (clock.now() < end && !model.stopping()) await model.visit(clock.now());
  };
  await Promise.all(Array.from({ length: model.visitors }, (_, number) => visitor(number)));
}
