import {
  type Broadcaster,
  Bus,
  BusDownError,
  type BusServer,
  type EventMessage,
  NoRespondersError,
  Publisher,
  type PublisherSettings,
  Requester,
  RequestTimeoutError,
  type UnpublishedMessage,
} from './bus.js';
import { ConfigError } from './config.js';
import { InProcessServer, type SubjectHandler } from './in-process-server.js';

/** Maximum size of a message in bytes: the default limit of a NATS server. */
const MAX_MESSAGE_BYTES = 2 ** 20;

const NEVER = new Promise<never>(() => undefined);

/**
 * The bus for a Gatehouse that runs in one process without a NATS server. Each message is copied as bytes, so that
 * sender and receiver share no object. Requests throw the same errors as with NATS. A subject has at most one handler,
 * because one process has no replicas.
 */
export class InProcessBus extends Bus {
  readonly address = 'this process';
  private readonly handlers = new Map<string, SubjectHandler>();

  constructor(private readonly maxMessageBytes = MAX_MESSAGE_BYTES) {
    super();
  }

  openRequester(): Promise<Requester & Broadcaster> {
    return Promise.resolve(new InProcessRequester(this));
  }

  /**
   * Opens a publisher. Throws ConfigError if a stream is configured, because streams need a NATS server (JetStream).
   */
  async openPublisher(_client: string, { stream }: PublisherSettings): Promise<Publisher> {
    if (stream !== undefined)
      throw new ConfigError(`EVENTS_STREAM is ${stream}, which needs a NATS server with JetStream. Set NATS_URL.`);
    return new InProcessPublisher(this);
  }

  createServer(_client: string, drainMs?: number): BusServer {
    return new InProcessServer(this, drainMs);
  }

  /**
   * Registers the handler of a subject and returns the function that removes it. Throws if the subject has a handler
   * already.
   */
  serve(subject: string, handler: SubjectHandler): () => void {
    if (this.handlers.has(subject)) throw new Error(`the subject ${subject} has a handler already`);
    this.handlers.set(subject, handler);
    return () => void this.handlers.delete(subject);
  }

  /** Passes a copy of the message to the handler of its subject. Returns false if the subject has no handler. */
  deliver(subject: string, body: string | Uint8Array, reply: (bytes: Uint8Array) => void): boolean {
    const message = this.copy(subject, body);
    const handler = this.handlers.get(subject);
    handler?.(message, (bytes) => reply(this.copy(`the reply on ${subject}`, bytes)));
    return handler !== undefined;
  }

  private copy(label: string, body: string | Uint8Array): Uint8Array {
    const bytes = Buffer.from(body as Uint8Array);
    if (bytes.length <= this.maxMessageBytes) return bytes;
    throw new Error(`${label} has ${bytes.length} bytes, more than the ${this.maxMessageBytes} that the bus accepts`);
  }
}

class InProcessRequester extends Requester implements Broadcaster {
  readonly refused = NEVER;
  private readonly pending = new Set<(error: Error) => void>();
  private readonly removers: (() => void)[] = [];
  private closed = false;

  constructor(private readonly bus: InProcessBus) {
    super();
  }

  get connected(): boolean {
    return !this.closed;
  }

  async request(subject: string, body: string | Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    if (this.closed) throw new BusDownError('the requester is closed');
    let timer: NodeJS.Timeout | undefined;
    let fail: (error: Error) => void = () => undefined;
    try {
      return await new Promise<Uint8Array>((resolve, reject) => {
        fail = reject;
        this.pending.add(fail);
        timer = setTimeout(() => reject(new RequestTimeoutError(`no reply arrived on ${subject} in time`)), timeoutMs);
        this.send(subject, body, resolve);
      });
    } finally {
      clearTimeout(timer);
      this.pending.delete(fail);
    }
  }

  broadcast(subject: string, body: string): boolean {
    if (!this.closed) this.bus.deliver(subject, body, () => undefined);
    return !this.closed;
  }

  listen(subject: string, receive: (body: Uint8Array) => void): void {
    // As with NATS, the listener runs in a later turn of the event loop.
    this.removers.push(this.bus.serve(subject, (body) => void setImmediate(() => this.closed || receive(body))));
  }

  close(): Promise<void> {
    this.closed = true;
    for (const remove of this.removers.splice(0)) remove();
    for (const fail of this.pending) fail(new BusDownError('the requester is closed'));
    return Promise.resolve();
  }

  private send(subject: string, body: string | Uint8Array, resolve: (reply: Uint8Array) => void): void {
    let served: boolean;
    try {
      served = this.bus.deliver(subject, body, resolve);
    } catch (cause) {
      throw new BusDownError(`the bus refuses a message to ${subject}`, { cause });
    }
    if (!served) throw new NoRespondersError(`no handler serves the subject ${subject}`);
  }
}

/** Delivers events to handlers in this process. As with NATS, an event for a subject without a handler is lost. */
class InProcessPublisher extends Publisher {
  readonly refused = NEVER;

  constructor(private readonly bus: InProcessBus) {
    super();
  }

  async publish(messages: readonly EventMessage[]): Promise<readonly UnpublishedMessage[]> {
    return messages.flatMap(({ id, subject, body }) => {
      try {
        this.bus.deliver(subject, JSON.stringify(body), () => undefined);
        return [];
      } catch (error) {
        return [{ id, error: error as Error, isFinal: true }];
      }
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
