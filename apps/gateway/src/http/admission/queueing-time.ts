import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { ConnectionPool } from '@gatehouse/platform';

/** Milliseconds between two samples of the delay of the event loop. */
const RESOLUTION_MS = 5;

/**
 * Measures how long requests queue in this process: before the event loop reads them, or for a connection to Postgres.
 * The durations of requests do not show this delay, because a saturated event loop delays requests before any code of
 * the gateway runs.
 */
export class QueueingTime {
  private readonly loop: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private acquired = 0;
  private measuredAt: number;

  constructor(
    private readonly pool: ConnectionPool,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.measuredAt = now();
    pool.on('acquire', () => {
      this.acquired += 1;
    });
    this.loop.enable();
  }

  /** Returns the larger of both queueing times since the last call, in milliseconds. */
  take(): number {
    return Math.max(this.takeLoopDelay(), this.takeConnectionWait());
  }

  stop(): void {
    this.loop.disable();
  }

  /** Returns the median delay of the event loop, which one long pause does not change. */
  private takeLoopDelay(): number {
    const medianMs = this.loop.count === 0 ? 0 : this.loop.percentile(50) / 1e6;
    this.loop.reset();
    return Math.max(0, medianMs - RESOLUTION_MS);
  }

  /** Estimates how long the next statement waits for a connection, from the rate of connections since the last call. */
  private takeConnectionWait(): number {
    const { acquired, measuredAt } = this;
    this.acquired = 0;
    this.measuredAt = this.now();
    return (this.pool.waitingCount * (this.measuredAt - measuredAt)) / Math.max(1, acquired);
  }
}
