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

/** The ids that connect a log line with a trace, in lower-case hexadecimal. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** A span to start. Attributes must not contain secrets, personal data or values of statements. */
export interface SpanStart {
  readonly name: string;
  /** `INTERNAL` by default. */
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
}

/** The first span of this process in a trace. */
export interface FirstSpan extends SpanStart {
  /** The span of another process that caused this one. Whether it is recorded decides for both. */
  readonly parent?: SpanContext | undefined;
  /** Spans of other traces that have a part in this one. */
  readonly links?: readonly SpanContext[];
  /** Decides whether to record a span without a parent. By default, the sampling ratio does. */
  readonly sampled?: boolean;
}

interface Scope {
  readonly span: Span;
  readonly work: TracedWork;
}

interface Tracing {
  readonly tracer: Tracer;
  /** Part of the traces to record, from 0 to 1. */
  readonly ratio: number;
}

let tracing: Tracing | undefined;

/** Number of pieces of work that are recorded now. */
let open = 0;

/**
 * The active span of each recorded request. On Node 20, an AsyncLocalStorage in use calls a hook for every promise of the
 * process. It is therefore only in use while a recorded request is open (docs/adr/0066).
 */
const scopes = new AsyncLocalStorage<Scope>();

/** Returns whether this process records any spans. */
export const isTracing = (): boolean => tracing !== undefined;

/** Records spans from now on. Returns the function that ends this. */
export function recordSpans(started: Tracing): () => void {
  tracing = started;
  return () => {
    if (tracing === started) tracing = undefined;
  };
}

/**
 * The work for one request or message that is recorded, from its first span in this process to the end of that span.
 */
export class TracedWork {
  private ended = false;

  constructor(readonly span: Span) {
    open++;
  }

  get isOpen(): boolean {
    return !this.ended;
  }

  /** Calls `task` with the first span as the active one. */
  run<T>(task: () => T): T {
    return scopes.run({ span: this.span, work: this }, task);
  }

  /** Ends the first span. Spans that begin later in the same asynchronous context are not recorded. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.span.end();
    if (--open === 0) scopes.disable();
  }
}

/** Begins the work for a request or message. Returns `undefined` if it is not recorded. */
export function beginWork({ parent, links = [], sampled, ...start }: FirstSpan): TracedWork | undefined {
  if (tracing === undefined) return undefined;
  const { tracer, ratio } = tracing;
  if (!(parent === undefined ? (sampled ?? Math.random() < ratio) : isSampled(parent))) return undefined;
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  return new TracedWork(
    tracer.startSpan(start.name, { ...start, links: links.map((link) => ({ context: link })) }, context),
  );
}

/** Runs `task` as the work for a request or message, in a span that ends with it. */
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
 * Runs `task` in a span below the active one, which ends with it. Without an active span, only calls `task`. `start` is
 * called only if the span is recorded.
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

/** Records a span below the active one that has just ended. `durationMs` is its duration in milliseconds. */
export function recordEndedSpan(start: () => SpanStart & { readonly error?: unknown }, durationMs: number): void {
  const scope = activeScope();
  if (scope === undefined) return;
  const { error, ...ended } = start();
  const now = Date.now();
  const span = startChild(scope.span, { ...ended, startTime: now - durationMs });
  if (span && error !== undefined) recordFailure(span, error);
  span?.end(now);
}

/** Adds attributes to the active span, if there is one. `attributes` is called only then. */
export function annotateSpan(attributes: () => Attributes): void {
  const scope = activeScope();
  if (scope !== undefined) scope.span.setAttributes(attributes());
}

/** Returns the trace and the span that are active now. Returns `undefined` if the current work is not recorded. */
export function activeTrace(): TraceIds | undefined {
  return activeScope()?.span.spanContext();
}

/** Returns the header `traceparent` for the active span, which another process passes to `parseTraceparent`. */
export function activeTraceparent(): string | undefined {
  const scope = activeScope();
  return scope && formatTraceparent(scope.span.spanContext());
}

/**
 * Marks a span as failed, with the code or the class of the error as `error.type`. Leaves its message and stack out,
 * because they can contain personal data.
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
