import { exceedsDepth, MAX_MESSAGE_DEPTH } from '@gatehouse/contracts';
import { isObservable, lastValueFrom } from 'rxjs';
import { traceWork } from './tracing/active-span.js';
import { answerSpan } from './tracing/message-spans.js';
import { parseTraceparent } from './tracing/traceparent.js';

/** The value that a handler receives when the body of a request is not JSON, or is nested too deeply. */
export const MALFORMED = Symbol('malformed');

/** Milliseconds that a server waits for open requests before it closes. */
export const DRAIN_MS = 20_000;

type Handler = (data: unknown, context: never) => unknown;

interface IncomingRequest {
  readonly data: Uint8Array;
  /** Nest's context of the message, passed on to the handler. */
  readonly context: unknown;
  readonly respond: (reply: string | Uint8Array) => unknown;
  readonly subject: string;
  /** The span of the sender, in the format of the header `traceparent`. */
  readonly traceparent: string | undefined;
}

const decoder = new TextDecoder();

/**
 * Passes requests to Nest's message handlers and sends the replies. Requests and replies are plain JSON, without Nest's
 * packet around them. A handler may also return the bytes of a reply that it has serialised itself.
 */
export class JsonResponder {
  private open = 0;
  private onIdle: (() => void) | undefined;

  /**
   * Parses a request, calls its handler and sends the reply. When the handler throws, rethrows the error and sends no
   * reply.
   */
  async answer(handler: Handler | undefined, request: IncomingRequest): Promise<void> {
    this.open++;
    const { subject, data } = request;
    // Only a request that its sender records is recorded here.
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

  /** Resolves when no request is open, or when `limit` resolves. */
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
