import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from '../logger.js';

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** The result code of a successful export. Every other code is a failure. */
const SUCCESS = 0;

/**
 * Sends spans through another exporter. Logs one line when the collector stops accepting spans and one when it accepts
 * them again, not one for each batch.
 */
export class ReportingExporter implements SpanExporter {
  /** Spans lost since the collector stopped accepting them. */
  private lost = 0;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly logger: Logger,
  ) {}

  export(spans: ReadableSpan[], done: (result: Result) => void): void {
    this.exporter.export(spans, (result) => {
      if (result.code === SUCCESS) this.reportSuccess();
      else this.reportLoss(spans.length, result.error);
      // The failure is reported. The span processor would report it once more for each batch.
      done({ code: SUCCESS });
    });
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  private reportLoss(count: number, error: Error | undefined): void {
    if (this.lost === 0) this.logger.event('spans_not_accepted', { reason: error?.message ?? 'no reason given' });
    this.lost += count;
  }

  private reportSuccess(): void {
    if (this.lost > 0) this.logger.event('spans_accepted', { lost_spans: this.lost });
    this.lost = 0;
  }
}
