import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { NatsContext, type NatsOptions, ServerNats } from '@nestjs/microservices';
import { DRAIN_MS, delay, JsonResponder } from './json-responder.js';
import { Logger } from './logger.js';
import {
  drainAndClose,
  isConnectionReady,
  logConnectionStatus,
  refusalOf,
  waitForNats,
  waitForSubscriptions,
} from './nats-connection.js';
import { reportNatsConnection } from './nats-connection.metrics.js';
import { NatsSubscriptions } from './nats-subscriptions.js';
import { Readiness } from './readiness.js';
import { isTracing } from './tracing/active-span.js';
import { TRACEPARENT_HEADER } from './tracing/message-spans.js';

interface ServerOptions {
  readonly readiness?: Readiness;
  /** Milliseconds that `close` waits for open requests. Default: DRAIN_MS. */
  readonly drainMs?: number | undefined;
}

/**
 * Nest's NATS transport, with plain JSON as messages and a `close` that loses no request: it drains the subscriptions,
 * waits for open handlers, then drains the connection. Tries again to subscribe if the server has refused it.
 */
export class NatsJsonServer extends ServerNats {
  private readonly responder = new JsonResponder();
  private readonly readiness: Readiness;
  private readonly drainMs: number;
  private current: { readonly connection: NatsConnection; readonly subscriptions: NatsSubscriptions } | undefined;

  constructor(
    private readonly settings: NonNullable<NatsOptions['options']>,
    { readiness = new Readiness(), drainMs = DRAIN_MS }: ServerOptions = {},
  ) {
    super(settings);
    this.readiness = readiness;
    this.drainMs = drainMs;
  }

  /**
   * Waits until the NATS server is up and has accepted all subscriptions. Fails with StartError after START_WAIT_S
   * seconds, because a service without a subscription never gets its requests.
   */
  override async listen(callback: (error?: unknown) => void) {
    try {
      await waitForNats(this.settings, this.readiness);
    } catch (error) {
      return callback(error);
    }
    await super.listen((error?: unknown) => {
      if (error || !this.current) return callback(error);
      waitForSubscriptions(this.current.subscriptions, this.readiness).then(() => callback(), callback);
    });
  }

  /** Replaces Nest's method, which does not notice when the server refuses a subscription. */
  override bindEvents(connection: NatsConnection) {
    const subscriptions = new NatsSubscriptions(connection, new Logger());
    this.current = { connection, subscriptions };
    reportNatsConnection(connection);
    for (const [subject, { extras }] of this.messageHandlers) {
      const receive = (message: Msg) => {
        this.handleMessage(subject, message).catch((error) => this.handleError(error as string));
      };
      subscriptions.add(subject, receive, extras?.['queue'] as string | undefined);
    }
  }

  /** Replaces Nest's method, which writes other log lines than the events that all clients of the bus log. */
  override async handleStatusUpdates(connection: NatsConnection) {
    void logConnectionStatus(connection, new Logger());
    for await (const status of connection.status())
      if (status.type === 'error') this.logger.error(`NATS: ${status.error.message}`);
  }

  /** Replaces Nest's method, which would create an Observable and a packet for each request. */
  override handleMessage(subject: string, message: Msg) {
    return this.responder.answer(this.messageHandlers.get(subject), {
      data: message.data,
      context: new NatsContext([message.subject, message.headers]),
      respond: (reply) => message.respond(reply),
      subject,
      traceparent: isTracing() ? message.headers?.get(TRACEPARENT_HEADER) : undefined,
    });
  }

  /** Returns whether the NATS server answers and has accepted all subscriptions. Has no time limit of its own. */
  async isReady(): Promise<boolean> {
    return this.current !== undefined && isConnectionReady(this.current.connection, this.current.subscriptions);
  }

  override async close() {
    if (!this.current) return;
    const { connection, subscriptions } = this.current;
    const limit = delay(this.drainMs);
    await Promise.race([subscriptions.drain(), limit]);
    await this.responder.drained(limit);
    await drainAndClose(connection, limit);
  }

  /** Resolves with the reason when the NATS server has refused this user for good. Never settles otherwise. */
  get refused(): Promise<Error> {
    return this.current ? refusalOf(this.current.connection) : new Promise<never>(() => undefined);
  }
}
