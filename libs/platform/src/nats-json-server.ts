import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { NatsContext, type NatsOptions, ServerNats } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';

type Settings = NonNullable<NatsOptions['options']> & {
  /** Milliseconds that leaving may take. */
  readonly drainMs?: number;
};

const DRAIN_MS = 20_000;

/** What a handler is given for bytes that are no JSON. */
export const MALFORMED_JSON = Symbol('malformed');

const decoder = new TextDecoder();
const parse = (data: Uint8Array): unknown => {
  try {
    return JSON.parse(decoder.decode(data));
  } catch {
    return MALFORMED_JSON;
  }
};

/**
 * Nest's NATS server in bare JSON, without the framework's packet around it, and with a `close` that loses nothing:
 * it drains its subscriptions, lets open handlers answer, then drains the connection. A handler that has written its
 * JSON itself returns the bytes.
 */
export class NatsJsonServer extends ServerNats {
  private open = 0;
  private idle: (() => void) | undefined;
  private readonly drainMs: number;

  constructor({ drainMs = DRAIN_MS, ...settings }: Settings) {
    super(settings);
    this.drainMs = drainMs;
  }

  /** Refuses to live on deaf: a subscription that the server's permissions refuse ends the process. */
  override async listen(callback: (error?: unknown) => void) {
    await super.listen((error?: unknown) => {
      if (error) return callback(error);
      this.heard().then(() => callback(), callback);
    });
  }

  /** One question: parsed, handled, answered. The base class would put a stream and its own packet around each. */
  override async handleMessage(subject: string, message: Msg) {
    this.open++;
    try {
      message.respond(await this.answerTo(subject, message));
    } finally {
      if (--this.open === 0) this.idle?.();
    }
  }

  override async close() {
    const connection = this.connection;
    if (!connection) return;
    const limit = new Promise<void>((resolve) => setTimeout(resolve, this.drainMs).unref());
    await Promise.race([Promise.allSettled(this.subs.map((sub) => sub.drain())), limit]);
    if (this.open > 0) await Promise.race([new Promise<void>((resolve) => (this.idle = resolve)), limit]);
    await connection.drain().catch(() => connection.close());
  }

  /** Resolves with the reason if the server ever comes to refuse this user: what can hear nothing any more must not live on. */
  get refused(): Promise<Error> {
    const never = new Promise<never>(() => undefined);
    return this.connection?.closed().then((reason) => reason ?? never) ?? never;
  }

  private async answerTo(subject: string, message: Msg): Promise<string | Uint8Array> {
    const handler = this.messageHandlers.get(subject);
    const result: unknown = await handler?.(parse(message.data), new NatsContext([message.subject, message.headers]));
    const reply: unknown = isObservable(result) ? await lastValueFrom(result) : result;
    return reply instanceof Uint8Array ? reply : JSON.stringify(reply ?? null);
  }

  private async heard() {
    await this.connection?.flush();
    const deaf = this.subs.filter((sub) => sub.isClosed()).map((sub) => sub.getSubject());
    if (deaf.length > 0)
      throw new Error(`NATS refuses the subscriptions ${deaf.join(', ')}: check this user's permissions`);
  }

  private get connection() {
    return (this as unknown as { natsClient?: NatsConnection }).natsClient;
  }
  private get subs() {
    return (this as unknown as { subscriptions: Subscription[] }).subscriptions;
  }
}
