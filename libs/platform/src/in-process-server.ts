import { setImmediate } from 'node:timers/promises';
import { NatsContext, Server } from '@nestjs/microservices';
import type { BusServer } from './bus.js';
import { DRAIN_MS, delay, JsonResponder } from './json-responder.js';
import { activeTraceparent } from './tracing/active-span.js';

/** Handles one message. Calls `respond` at most once. */
export type SubjectHandler = (data: Uint8Array, respond: (reply: string | Uint8Array) => void) => void;

interface Subjects {
  serve(subject: string, handler: SubjectHandler): () => void;
}

/** Serves the message handlers of a Nest microservice on an in-process bus, like NatsJsonServer on NATS. */
export class InProcessServer extends Server implements BusServer {
  readonly refused = new Promise<never>(() => undefined);
  private readonly responder = new JsonResponder();
  private readonly removers: (() => void)[] = [];

  constructor(
    private readonly subjects: Subjects,
    private readonly drainMs = DRAIN_MS,
  ) {
    super();
  }

  listen(callback: (error?: unknown) => void) {
    try {
      for (const subject of this.messageHandlers.keys())
        this.removers.push(this.subjects.serve(subject, (data, respond) => this.receive(subject, { data, respond })));
    } catch (error) {
      return callback(error);
    }
    callback();
  }

  async close() {
    for (const remove of this.removers.splice(0)) remove();
    await this.responder.drained(delay(this.drainMs));
  }

  on() {
    throw new Error('an in-process server emits no events');
  }

  unwrap<T>(): T {
    return this.subjects as T;
  }

  private receive(
    subject: string,
    { data, respond }: { data: Uint8Array; respond: (reply: string | Uint8Array) => void },
  ) {
    const context = new NatsContext([subject, undefined]);
    const handler = async (body: unknown) => {
      // As with NATS, the handler runs in a later turn of the event loop, and never during the call of the requester.
      await setImmediate();
      return this.messageHandlers.get(subject)?.(body, context);
    };
    this.responder
      .answer(handler, { data, context, respond, subject, traceparent: activeTraceparent() })
      .catch((error) => this.handleError(error as string));
  }
}
