import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { NatsContext, type NatsOptions, ServerNats } from '@nestjs/microservices';
import { DRAIN_MS, delay, JsonResponder } from './json-responder.js';
import { checkSubscriptions, isConnectionReady, refusalOf } from './nats-connection.js';

/**
 * Nest's NATS server with plain JSON on the wire and a `close` that loses no request: it drains the subscriptions,
 * waits for open handlers, then drains the connection.
 */
export class NatsJsonServer extends ServerNats {
  private readonly responder = new JsonResponder();

  constructor(
    settings: NonNullable<NatsOptions['options']>,
    private readonly drainMs = DRAIN_MS,
  ) {
    super(settings);
  }

  /**
   * Fails when the server's permissions refuse a subscription, because such a service would never receive a request.
   */
  override async listen(callback: (error?: unknown) => void) {
    await super.listen((error?: unknown) => {
      if (error) return callback(error);
      checkSubscriptions(this.unwrap(), this.subs).then(() => callback(), callback);
    });
  }

  /** Replaces the method of Nest, which would create an Observable and a packet for each request. */
  override handleMessage(subject: string, message: Msg) {
    return this.responder.answer(this.messageHandlers.get(subject), {
      data: message.data,
      context: new NatsContext([message.subject, message.headers]),
      respond: (reply) => message.respond(reply),
    });
  }

  async isReady(): Promise<boolean> {
    return this.connection !== undefined && isConnectionReady(this.connection, this.subs);
  }

  override async close() {
    const connection = this.connection;
    if (!connection) return;
    const limit = delay(this.drainMs);
    await Promise.race([Promise.allSettled(this.subs.map((sub) => sub.drain())), limit]);
    await this.responder.drained(limit);
    await connection.drain().catch(() => connection.close());
  }

  /**
   * Resolves with the reason when the NATS server has refused this user for good. Otherwise the promise never settles.
   */
  get refused(): Promise<Error> {
    return this.connection ? refusalOf(this.connection) : new Promise<never>(() => undefined);
  }

  private get connection() {
    return (this as unknown as { natsClient?: NatsConnection }).natsClient;
  }
  private get subs() {
    return (this as unknown as { subscriptions: Subscription[] }).subscriptions;
  }
}
