import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { inFlight, inFlightLimit, queueing, refused } from './admission.metrics.js';
import { BusyFlows } from './busy-flows.js';
import { InFlightLimit, type InFlightLimits, type Priority } from './in-flight-limit.js';
import { flowOf, priorityOf } from './priority.js';

/** Milliseconds between two adjustments of the limits. */
const ADJUST_EVERY_MS = 100;

/** Measures how long requests have queued since the last call, in milliseconds. */
export interface QueueMeter {
  take(): number;
  stop(): void;
}

/**
 * Answers a refused request. `retryAfterS` is the value of `Retry-After`; undefined means the default of the problem.
 */
export type Refuse = (request: IncomingMessage, response: ServerResponse, retryAfterS: number | undefined) => void;

interface Refusal {
  readonly reason: 'gateway' | 'stage';
  readonly retryAfterS?: number;
}

/**
 * Refuses requests that the gateway, or a stage of their flow, cannot process soon. A refused request costs little,
 * because no part of it is processed (docs/adr/0058).
 */
export class Admission {
  readonly limit: InFlightLimit;
  private readonly flows = new BusyFlows();
  private readonly timer: NodeJS.Timeout;

  constructor(
    limits: InFlightLimits,
    private readonly meter: QueueMeter,
  ) {
    this.limit = new InFlightLimit(limits);
    this.timer = setInterval(() => this.adjust(), ADJUST_EVERY_MS).unref();
  }

  /** Returns a listener that passes admitted requests to `handle`, and all others to `refuse`. */
  guard(handle: RequestListener, refuse: Refuse): RequestListener {
    return (request, response) => {
      const priority = priorityOf(request);
      if (priority === undefined) return handle(request, response);
      const flow = flowOf(request);
      const refusal = this.refusalOf(priority, flow);
      if (refusal) {
        refused.inc({ priority, reason: refusal.reason });
        return refuse(request, response, refusal.retryAfterS);
      }
      this.enter(response, flow);
      handle(request, response);
    };
  }

  /** Records that a stage of a flow was busy. */
  reportBusy(flow: string, retryAfterS: number): void {
    this.flows.report(flow, retryAfterS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.meter.stop();
  }

  private refusalOf(priority: Priority, flow: string | undefined): Refusal | undefined {
    if (!this.limit.admits(priority)) return { reason: 'gateway' };
    if (priority !== 'new' || flow === undefined) return undefined;
    const retryAfterS = this.flows.refusalOf(flow);
    return retryAfterS === undefined ? undefined : { reason: 'stage', retryAfterS };
  }

  private enter(response: ServerResponse, flow: string | undefined): void {
    this.limit.enter();
    if (flow !== undefined) this.flows.enter(flow);
    response.once('close', () => {
      this.limit.leave();
      if (flow !== undefined) this.flows.leave(flow);
    });
  }

  private adjust(): void {
    const queuedMs = this.meter.take();
    this.limit.adjust(queuedMs);
    this.flows.adjust();
    inFlight.set(this.limit.inFlight);
    inFlightLimit.set(this.limit.value);
    queueing.set(queuedMs / 1000);
  }
}
