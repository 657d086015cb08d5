import type { Logger } from '../logger.js';
import { counter } from '../metrics.js';

const REASONS = ['queue_full', 'export_failed', 'rejected', 'unreadable_reply'] as const;

/** Smallest number of milliseconds between two log lines `spans_not_accepted`. */
const LINE_EVERY_MS = 60_000;

const dropped = counter({
  name: 'gatehouse_spans_dropped_total',
  question: 'dependencies',
  processes: 'processes that record traces',
  help: 'Spans that were recorded, and that the collector has not accepted',
  labels: {
    reason:
      '`queue_full`: more than OTEL_BSP_MAX_QUEUE_SIZE waited; `export_failed`: the collector did not answer in time, or with an error; `rejected`: the collector accepted the request without these spans; `unreadable_reply`: its reply with a status of success is no OTLP, so it may be no collector',
  },
});

/** Spans that the collector has not accepted. */
export interface SpanLoss {
  readonly spans: number;
  readonly reason: (typeof REASONS)[number];
  /** Why the spans were lost, such as the error of the export, for the log line. */
  readonly detail: string;
}

/**
 * Counts lost spans. Logs a line when spans start to be lost, at most once a minute, and a line when the collector
 * accepts all spans again.
 */
export class SpanLosses {
  /** Number of spans that were lost since the last line `spans_accepted`. */
  private lost = 0;
  private isReported = false;
  private reportedAt = Number.NEGATIVE_INFINITY;

  /** `now` returns the milliseconds of a monotonic clock. */
  constructor(
    private readonly logger: Logger,
    private readonly now: () => number = () => performance.now(),
  ) {
    for (const reason of REASONS) dropped.inc({ reason }, 0);
  }

  /** Counts lost spans. Logs the loss, unless a loss was logged and has not ended. */
  report({ spans, reason, detail }: SpanLoss): void {
    dropped.inc({ reason }, spans);
    this.lost += spans;
    const now = this.now();
    if (this.isReported || now - this.reportedAt < LINE_EVERY_MS) return;
    this.isReported = true;
    this.reportedAt = now;
    this.logger.event('spans_not_accepted', { reason: `${reason}: ${detail}` });
  }

  /** Called when the collector has accepted all spans of a request. Logs the end of a loss. */
  endReport(): void {
    if (!this.isReported) return;
    this.logger.event('spans_accepted', { lost_spans: this.lost });
    this.isReported = false;
    this.lost = 0;
  }
}
