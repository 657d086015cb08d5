import { randomUUID } from 'node:crypto';
import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';

/** Nobody serves the subject; known at once. */
export class NoRespondersError extends Error {}
/** No answer came in time. */
export class RequestTimeoutError extends Error {}
/** The bus cannot be reached; known at once. */
export class NatsUnavailableError extends Error {}

interface PendingRequest {
  readonly settle: (message: Msg) => void;
  readonly fail: (error: Error) => void;
  readonly until: number;
}

/**
 * Asks over NATS with one wildcard inbox for all requests: no subscription, no timer and no stack trace a request,
 * which is a third of the cost of the client's own `request` (measured; see docs/adr/0002).
 */
export class NatsRequester {
  private readonly waiting = new Map<string, PendingRequest>();
  private readonly inbox: string;
  private readonly answers: Subscription;
  private readonly sweeper: NodeJS.Timeout;
  private up = true;

  constructor(
    private readonly connection: NatsConnection,
    inboxPrefix: string,
    sweepEveryMs = 50,
  ) {
    this.inbox = createInbox(inboxPrefix);
    this.answers = connection.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => {
        if (!error) this.receive(message);
      },
    });
    void this.watch();
    this.sweeper = setInterval(() => this.sweep(), sweepEveryMs).unref();
  }

  get connected(): boolean {
    return this.up;
  }

  /** Resolves once answers can be heard. Throws when the server's permissions refuse the inbox: all requests would time out. */
  async heard(): Promise<void> {
    await this.connection.flush();
    if (this.answers.isClosed())
      throw new Error(`NATS refuses the subscription ${this.inbox}.*: check this user's permissions`);
  }

  /** One question, one answer: the reply's bytes. Throws NoResponders, RequestTimeout or BusDown. */
  request(subject: string, body: string | Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    // What is sent while disconnected is buffered, then dropped at the next dial: say so at once instead.
    if (!this.up) return Promise.reject(new NatsUnavailableError(subject));
    return new Promise<Uint8Array>((resolve, reject) => {
      // Nobody who answers one question can guess where another is answered.
      const key = randomUUID();
      this.waiting.set(key, {
        settle: (message) => {
          const nobody = message.data.length === 0 && message.headers?.code === 503;
          if (nobody) reject(new NoRespondersError(subject));
          else resolve(message.data);
        },
        fail: reject,
        until: performance.now() + timeoutMs,
      });
      try {
        this.connection.publish(subject, body, { reply: `${this.inbox}.${key}` });
      } catch (cause) {
        this.waiting.delete(key);
        reject(new NatsUnavailableError(subject, { cause }));
      }
    });
  }

  /** Lets go of the connection; whatever still waits is told that the bus is down. */
  async close(): Promise<void> {
    clearInterval(this.sweeper);
    this.up = false;
    await this.connection.drain().catch(() => this.connection.close());
    for (const { fail } of this.waiting.values()) fail(new NatsUnavailableError());
    this.waiting.clear();
  }

  private receive(message: Msg) {
    const key = message.subject.slice(this.inbox.length + 1);
    const waiting = this.waiting.get(key);
    this.waiting.delete(key);
    waiting?.settle(message);
  }

  private sweep() {
    const now = performance.now();
    for (const [key, { until, fail }] of this.waiting) {
      if (until > now) continue;
      this.waiting.delete(key);
      fail(new RequestTimeoutError());
    }
  }

  private async watch() {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') this.up = false;
      else if (status.type === 'reconnect') this.up = true;
    }
    this.up = false;
  }
}
