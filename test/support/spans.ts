import { recordSpans } from '@gatehouse/platform';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { onTestFinished } from 'vitest';

/** Records spans until the end of the test, by OpenTelemetry's SDK. Returns the function that lists those that ended. */
export function recordTestSpans(ratio = 1): () => ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  onTestFinished(recordSpans({ tracer: provider.getTracer('test'), ratio }));
  return () => exporter.getFinishedSpans();
}
