import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import { formatTraceparent, isSampled } from './traceparent.js';

/** The ids of a trace and a span, in lower-case hexadecimal digits. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** How to start a span. Attributes must not contain secrets, personal data or the values of statements. */
export interface SpanStart {
  readonly name: string;
  /** Kind of the span, by default `INTERNAL`. */
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
}

/** How to start the first span of this process in a trace. */
export interface FirstSpan extends SpanStart {
  /** The span of another process that caused this one. This span is recorded if and only if that one is. */
  readonly parent?: SpanContext | undefined;
  /** Spans of other traces that contributed to this span. */
  readonly links?: readonly SpanContext[];
  /**
   * Whether to record a span without a parent. By default, it is recorded with the probability of the sampling ratio.
   */
  readonly sampled?: boolean;
}

interface Scope {
  readonly span: Span;
  readonly work: TracedWork;
}

interface Tracing {
  readonly tracer: Tracer;
  /** Sampling ratio: share of the traces that are recorded, from 0 to 1. */
  readonly ratio: number;
}

let tracing: Tracing | undefined;

/** Number of recorded requests and messages that are being processed. */
let open = 0;

/**
 * The active span of each recorded request. On Node.js 20, an enabled AsyncLocalStorage slows down every promise of the
 * process, so it is enabled only while a recorded request is open (docs/adr/0066).
 */
const scopes = new AsyncLocalStorage<Scope>();

/** Returns whether this process records spans at all. */
export const isTracing = (): boolean => tracing !== undefined;

/** Starts recording spans. Returns the function that stops it. */
export function recordSpans(started: Tracing): () => void {
  tracing = started;
  return () => {
    if (tracing === started) tracing = undefined;
  };
}

/** The processing of one recorded request or message, from the start to the end of its first span in this process. */
export class TracedWork {
  private ended = false;

  constructor(readonly span: Span) {
    open++;
  }

  get isOpen(): boolean {
    return !this.ended;
  }

  /** Calls `task` with the first span as the active span. */
  run<T>(task: () => T): T {
    return scopes.run({ span: this.span, work: this }, task);
  }

  /** Ends the first span. Spans that start later in the same asynchronous context are not recorded. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.span.end();
    if (--open === 0) scopes.disable();
  }
}

/** Starts processing a request or message. Returns `undefined` if it is not recorded. */
export function beginWork({ parent, links = [], sampled, ...start }: FirstSpan): TracedWork | undefined {
  if (tracing === undefined) return undefined;
  const { tracer, ratio } = tracing;
  if (!(parent === undefined ? (sampled ?? Math.random() < ratio) : isSampled(parent))) return undefined;
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  return new TracedWork(
    tracer.startSpan(start.name, { ...start, links: links.map((link) => ({ context: link })) }, context),
  );
}

/** Processes a request or message by `task`, in a span that lasts as long as the task. */
export async function traceWork<T>(first: FirstSpan, task: () => Promise<T>): Promise<T> {
  const work = beginWork(first);
  if (work === undefined) return task();
  try {
    return await work.run(task);
  } catch (error) {
    recordFailure(work.span, error);
    throw error;
  } finally {
    work.end();
  }
}

/**
 * Runs `task` in a child of the active span. The child lasts as long as the task. Without an active span, only runs
 * `task`, and does not call `start`.
 */
export function withSpan<T>(start: () => SpanStart, task: (span: Span | undefined) => Promise<T>): Promise<T> {
  const scope = activeScope();
  return scope === undefined ? task(undefined) : runInSpan(scope, start(), task);
}

async function runInSpan<T>(
  { span: parent, work }: Scope,
  start: SpanStart,
  task: (span: Span) => Promise<T>,
): Promise<T> {
  const span = startChild(parent, start);
  if (span === undefined) return task(parent);
  try {
    return await scopes.run({ span, work }, () => task(span));
  } catch (error) {
    recordFailure(span, error);
    throw error;
  } finally {
    span.end();
  }
}

const startChild = (
  parent: Span,
  { name, ...options }: SpanStart & { readonly startTime?: number },
): Span | undefined => tracing?.tracer.startSpan(name, options, trace.setSpan(ROOT_CONTEXT, parent));

/**
 * Records a span that has just ended, after `durationMs` milliseconds, as a child of the active span. Without an active
 * span, does nothing.
 */
export function recordEndedSpan(start: () => SpanStart & { readonly error?: unknown }, durationMs: number): void {
  const scope = activeScope();
  if (scope === undefined) return;
  const { error, ...ended } = start();
  const now = Date.now();
  const span = startChild(scope.span, { ...ended, startTime: now - durationMs });
  if (span && error !== undefined) recordFailure(span, error);
  span?.end(now);
}

/** Adds attributes to the active span. Without an active span, does not call `attributes`. */
export function annotateSpan(attributes: () => Attributes): void {
  const scope = activeScope();
  if (scope !== undefined) scope.span.setAttributes(attributes());
}

/** Returns the ids of the active trace and span. Returns `undefined` if the current request is not recorded. */
export function activeTrace(): TraceIds | undefined {
  return activeScope()?.span.spanContext();
}

/** Returns the active span as a header `traceparent`, which another process parses with `parseTraceparent`. */
export function activeTraceparent(): string | undefined {
  const scope = activeScope();
  return scope && formatTraceparent(scope.span.spanContext());
}

/**
 * Marks a span as failed. `error.type` gets the code or the class of the error. Message and stack are left out, because
 * they may contain personal data.
 */
export function recordFailure(span: Span, error: unknown): void {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  const type = typeof code === 'string' ? code : error instanceof Error ? error.constructor.name : typeof error;
  span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute(ATTR_ERROR_TYPE, type);
}

function activeScope(): Scope | undefined {
  if (open === 0) return undefined;
  const scope = scopes.getStore();
  return scope?.work.isOpen ? scope : undefined;
}

export { type Attributes, type Span, type SpanContext, SpanKind };
