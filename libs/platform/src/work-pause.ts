import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work between two pauses. NATS closes a connection whose pings are not answered for seconds. */
const SLICE_MS = 20;

/** Interrupts long computations, so that a service stays connected and answers other requests meanwhile. */
export class WorkPause {
  private resumedAt = performance.now();

  /** `sliceMs` is the time in milliseconds after which a computation pauses. */
  constructor(private readonly sliceMs = SLICE_MS) {}

  /**
   * Pauses, so that other work of the process can run, if the computation has run for a slice of time since the last
   * pause.
   */
  async take(): Promise<void> {
    if (performance.now() - this.resumedAt < this.sliceMs) return;
    await setImmediate();
    this.resumedAt = performance.now();
  }
}
