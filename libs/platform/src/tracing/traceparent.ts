import { type SpanContext, TraceFlags } from '@opentelemetry/api';

const FORMAT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Returns the value of a `traceparent` header for a span. */
export const formatTraceparent = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;

/** Returns the span that a `traceparent` header names. Returns `undefined` for any value of another format. */
export function parseTraceparent(header: unknown): SpanContext | undefined {
  // A repeated header is an array, or one text with a comma. Neither matches.
  if (typeof header !== 'string') return undefined;
  const [, traceId, spanId, flags] = FORMAT.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}

/** Returns whether the caller records the span. */
export const isSampled = ({ traceFlags }: SpanContext): boolean => (traceFlags & TraceFlags.SAMPLED) !== 0;
