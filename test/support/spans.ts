import { EventEmitter, once } from 'node:events';
import { recordSpans } from '@gatehouse/platform';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import { onTestFinished } from 'vitest';

/** The spans that a test has recorded. */
export interface RecordedSpans {
  /** Returns the spans that have ended, in the order of their ends. */
  readonly ended: () => readonly ReadableSpan[];
  /** Resolves with the spans when at least `count` of them have ended. */
  readonly untilEnded: (count: number) => Promise<readonly ReadableSpan[]>;
}

/** Records spans until the end of the test, by OpenTelemetry's SDK. */
export function recordTestSpans(ratio = 1): RecordedSpans {
  const ends = new EventEmitter();
  const spans: ReadableSpan[] = [];
  const processor = {
    onStart: () => undefined,
    onEnd: (span: ReadableSpan) => {
      spans.push(span);
      ends.emit('end');
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const provider = new TracerProvider({ spanProcessors: [processor] });
  onTestFinished(recordSpans({ tracer: provider.getTracer('test'), ratio }));
  return {
    ended: () => spans,
    untilEnded: async (count) => {
      while (spans.length < count) await once(ends, 'end');
      return spans;
    },
  };
}
