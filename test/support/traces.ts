import type { OtlpReceiver, ReceivedSpan } from './otlp-receiver.js';

/** The spans of one trace: the first span, then the others in the order of their start, to the millisecond. */
export type Trace = readonly ReceivedSpan[];

/** Resolves with the traces whose first span satisfies `isWanted`, when `count` of them are complete. */
export const completeTraces = (
  collector: OtlpReceiver,
  count: number,
  isWanted: (root: ReceivedSpan) => boolean,
): Promise<readonly Trace[]> =>
  collector.until((spans) => {
    const roots = spans.filter((span) => span.parentSpanId === undefined && isWanted(span));
    const traces = roots.map((root) => [
      root,
      ...spans.filter((span) => span.traceId === root.traceId && span !== root).sort(byStart),
    ]);
    return traces.length >= count && traces.every(isComplete) ? traces.sort(([a], [b]) => byStart(a!, b!)) : undefined;
  });

const byStart = (a: ReceivedSpan, b: ReceivedSpan) => a.startMs - b.startMs;

/**
 * A process exports a span after the spans that it has caused. So a trace is complete when each request in it has the
 * span of the service that answered.
 */
const isComplete = (trace: Trace) =>
  trace.every(({ name, spanId }) => !name.startsWith('request ') || trace.some((span) => span.parentSpanId === spanId));

/** Returns each span with its service and kind, below its parents: `a (server) > b (client)`. */
export function pathsOf(trace: Trace): string[] {
  const pathOf = ({ service, name, kind, parentSpanId }: ReceivedSpan): string => {
    const parent = trace.find(({ spanId }) => spanId === parentSpanId);
    const label = `${service.replace('gatehouse-', '')}: ${name} (${kind})`;
    return parent ? `${pathOf(parent)} > ${label}` : label;
  };
  return trace.map(pathOf);
}
