import { exceedsDepth, MAX_MESSAGE_DEPTH } from '@gatehouse/contracts';
import { isObservable, lastValueFrom } from 'rxjs';
import { traceWork } from './tracing/active-span.js';
import { answerSpan } from './tracing/message-spans.js';
import { parseTraceparent } from './tracing/traceparent.js';

/** The value that a handler gets instead of a request body that is not JSON or is nested too deeply. */
export const MALFORMED = Symbol('malformed');

/** Milliseconds that a closing server waits for its open requests, by default. */
export const DRAIN_MS = 20_000;

type Handler = (data: unknown, context: never) => unknown;

interface IncomingRequest {
  readonly data: Uint8Array;
  /** Nest's context object for the message. The handler gets it. */
  readonly context: unknown;
  readonly respond: (reply: string | Uint8Array) => unknown;
  readonly subject: string;
  /** The span of the requester, in the format of the header `traceparent`. */
  readonly traceparent: string | undefined;
}

const decoder = new TextDecoder();

/**
 * Passes requests to Nest's message handlers and sends their replies. Messages are plain JSON, without the packet in
 * which Nest usually wraps them. A handler may also return a reply that it has serialised to bytes itself.
 */
export class JsonResponder {
  private open = 0;
  private onIdle: (() => void) | undefined;

  /**
   * Parses a request, calls its handler and sends the reply. If the handler throws, sends no reply and rethrows the
   * error.
   */
  async answer(handler: Handler | undefined, request: IncomingRequest): Promise<void> {
    this.open++;
    const { subject, data } = request;
    // Records a span only if the requester records one.
    const parent = request.traceparent === undefined ? undefined : parseTraceparent(request.traceparent);
    try {
      await (parent === undefined
        ? this.handle(handler, request)
        : traceWork({ ...answerSpan(subject, data.length), parent }, () => this.handle(handler, request)));
    } finally {
      if (--this.open === 0) this.onIdle?.();
    }
  }

  private async handle(handler: Handler | undefined, { data, context, respond }: IncomingRequest): Promise<void> {
    const result: unknown = await handler?.(parse(data), context as never);
    const reply: unknown = isObservable(result) ? await lastValueFrom(result) : result;
    respond(reply instanceof Uint8Array ? reply : JSON.stringify(reply ?? null));
  }

  /** Resolves when no request is open, or when `limit` has resolved. */
  async drained(limit: Promise<void>): Promise<void> {
    if (this.open > 0) await Promise.race([new Promise<void>((resolve) => (this.onIdle = resolve)), limit]);
  }
}

/** Returns a promise that resolves after `ms` milliseconds and does not keep the process alive. */
export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

function parse(data: Uint8Array): unknown {
  try {
    return exceedsDepth(data, MAX_MESSAGE_DEPTH) ? MALFORMED : JSON.parse(decoder.decode(data));
  } catch {
    return MALFORMED;
  }
}
