import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { SpanLosses } from './span-losses.js';

type Options = ConstructorParameters<typeof BatchSpanProcessor>[0] & { readonly maxQueueSize: number };

/**
 * Sends spans in batches, and reports spans beyond `maxQueueSize` as lost. OpenTelemetry's processor would drop them
 * silently, so this class counts them and does not pass them to it.
 */
export class CountingSpanProcessor extends BatchSpanProcessor {
  private waiting = 0;

  constructor(
    private readonly options: Options,
    private readonly losses: SpanLosses,
  ) {
    super({ ...options, exporter: observed(options.exporter, (spans) => (this.waiting -= spans)) });
  }

  override onEnd(span: ReadableSpan): void {
    const { maxQueueSize: max } = this.options;
    if (this.waiting >= max) {
      this.losses.report({ spans: 1, reason: 'queue_full', detail: `${max} spans wait (OTEL_BSP_MAX_QUEUE_SIZE)` });
      return;
    }
    this.waiting++;
    super.onEnd(span);
  }
}

/** Returns an exporter that calls `onTaken` with the number of spans whenever it gets spans from the queue. */
function observed(exporter: SpanExporter, onTaken: (spans: number) => void): SpanExporter {
  return {
    export: (spans, done) => {
      onTaken(spans.length);
      exporter.export(spans, done);
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
