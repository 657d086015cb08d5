import { setImmediate } from 'node:timers/promises';

/** Slice of a service in milliseconds. NATS ends a connection whose pings wait seconds. */
const SLICE_MS = 20;

/** Interrupts long work of the processor, so that a service stays connected and answers other requests meanwhile. */
export class WorkPause {
  private resumedAt = performance.now();

  /** `sliceMs`: milliseconds of work after which other work of the process runs. */
  constructor(private readonly sliceMs = SLICE_MS) {}

  /** Lets other work run, if this work has taken a slice of time. */
  async take(): Promise<void> {
    if (performance.now() - this.resumedAt < this.sliceMs) return;
    await setImmediate();
    this.resumedAt = performance.now();
  }
}
