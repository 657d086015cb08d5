import { randomUUID } from 'node:crypto';
import { createInbox, headers, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import {
  type Broadcaster,
  BusDownError,
  NoRespondersError,
  ReplyLostError,
  Requester,
  RequestTimeoutError,
} from './bus.js';
import { natsConfig } from './config.js';
import { delay } from './json-responder.js';
import { Logger } from './logger.js';
import { drainAndClose, refusalOf } from './nats-connection.js';
import { NatsSubscriptions } from './nats-subscriptions.js';
import { activeTraceparent } from './tracing/active-span.js';
import { TRACEPARENT_HEADER } from './tracing/message-spans.js';

/** Milliseconds that a closing requester waits for the server. */
const CLOSE_MS = 2000;

interface PendingRequest {
  readonly settle: (message: Msg) => void;
  readonly fail: (error: Error) => void;
  /** The deadline of the request, on the clock of `performance.now()`. */
  until: number;
  /**
   * Whether a server has left the cluster over which the request may have been sent. `until` is then earlier than the
   * deadline of the caller.
   */
  doubtful: boolean;
}

interface RequesterOptions {
  /** Milliseconds between two searches for requests whose deadline has passed. */
  readonly sweepEveryMs?: number;
  /** Milliseconds for which open requests still wait for their replies after a NATS server has left the cluster. */
  readonly lostReplyMs?: number;
  readonly logger?: Logger;
}

const DEFAULT_LOST_REPLY_MS = natsConfig.shape.NATS_LOST_REPLY_MS.parse(undefined);

/**
 * Sends requests over NATS, with one wildcard inbox for all replies. So a request needs no subscription, timer or stack
 * trace of its own, which saves a third of the cost of the NATS client's `request` (measured; see docs/adr/0002).
 */
export class NatsRequester extends Requester implements Broadcaster {
  /** The subscription to the inbox. While the server refuses it, requests fail with BusDownError. */
  readonly subscriptions: NatsSubscriptions;
  /** The subscriptions to broadcasts. Requests work even while the server refuses these. */
  private readonly broadcasts: NatsSubscriptions;
  private readonly pending = new Map<string, PendingRequest>();
  private readonly inbox: string;
  private readonly sweeper: NodeJS.Timeout;
  private readonly lostReplyMs: number;
  /** Addresses of all servers of the cluster, as the connected server has announced them. */
  private servers: readonly string[];
  private up = true;

  constructor(
    private readonly connection: NatsConnection,
    inboxPrefix: string,
    { sweepEveryMs = 50, lostReplyMs = DEFAULT_LOST_REPLY_MS, logger = new Logger() }: RequesterOptions = {},
  ) {
    super();
    this.lostReplyMs = lostReplyMs;
    this.servers = serversOf(connection);
    this.inbox = createInbox(inboxPrefix);
    this.subscriptions = new NatsSubscriptions(connection, logger);
    this.broadcasts = new NatsSubscriptions(connection, logger);
    this.subscriptions.add(`${this.inbox}.*`, (message) => this.receive(message));
    void this.watch();
    this.sweeper = setInterval(() => this.sweep(), sweepEveryMs).unref();
  }

  get connected(): boolean {
    return this.up && this.subscriptions.accepted;
  }

  get refused(): Promise<Error> {
    return refusalOf(this.connection);
  }

  request(subject: string, body: string | Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    // While it is disconnected, the NATS client buffers messages, and drops them at the reconnect. So fail at once.
    if (!this.up) return Promise.reject(new BusDownError('the connection to NATS is lost'));
    if (!this.connected) return Promise.reject(new BusDownError('NATS refuses the subscription to the replies'));
    return new Promise<Uint8Array>((resolve, reject) => {
      // The key is random, so that no service can guess the reply subject of a request to another service and forge the
      // reply.
      const key = randomUUID();
      this.pending.set(key, {
        settle: (message) => {
          const noResponders = message.data.length === 0 && message.headers?.code === 503;
          if (noResponders) reject(new NoRespondersError(`no service serves the subject ${subject}`));
          else resolve(message.data);
        },
        fail: reject,
        until: performance.now() + timeoutMs,
        doubtful: false,
      });
      try {
        this.connection.publish(subject, body, { reply: `${this.inbox}.${key}`, ...traceHeaders() });
      } catch (cause) {
        this.pending.delete(key);
        reject(new BusDownError(`NATS refuses a message to ${subject}`, { cause }));
      }
    });
  }

  broadcast(subject: string, body: string): boolean {
    // The NATS client would buffer the message, and drop it at the reconnect.
    if (!this.up) return false;
    this.connection.publish(subject, body);
    return true;
  }

  listen(subject: string, receive: (body: Uint8Array) => void): void {
    this.broadcasts.add(subject, ({ data }) => receive(data));
  }

  async close(limitMs = CLOSE_MS): Promise<void> {
    clearInterval(this.sweeper);
    this.up = false;
    await drainAndClose(this.connection, delay(limitMs));
    for (const { fail } of this.pending.values()) fail(new BusDownError('the connection to NATS is closed'));
    this.pending.clear();
  }

  private receive(message: Msg) {
    const key = message.subject.slice(this.inbox.length + 1);
    const request = this.pending.get(key);
    this.pending.delete(key);
    request?.settle(message);
  }

  private sweep() {
    const now = performance.now();
    for (const [key, { until, doubtful, fail }] of this.pending) {
      if (until > now) continue;
      this.pending.delete(key);
      fail(
        doubtful
          ? new ReplyLostError('a NATS server has left the cluster, and the reply was probably lost with it')
          : new RequestTimeoutError('no reply arrived in time'),
      );
    }
  }

  /**
   * Shortens the deadline of open requests if a server has left the cluster. A request that was sent over that server
   * never gets its reply. The replies to other requests arrive before the shorter deadline.
   */
  private compareServers() {
    const before = this.servers;
    this.servers = serversOf(this.connection);
    if (before.every((server) => this.servers.includes(server))) return;
    const until = performance.now() + this.lostReplyMs;
    for (const request of this.pending.values()) {
      if (request.until <= until) continue;
      request.until = until;
      request.doubtful = true;
    }
  }

  /**
   * Fails all open requests, because their replies are lost with the connection. The services may have processed them.
   */
  private lose() {
    this.up = false;
    for (const { fail } of this.pending.values()) fail(new RequestTimeoutError('the connection to NATS was lost'));
    this.pending.clear();
  }

  private async watch() {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') this.lose();
      else if (status.type === 'reconnect') this.up = true;
      else if (status.type === 'update') this.compareServers();
    }
    this.up = false;
  }
}

/** Returns headers with the active span, so that the service can continue the trace. */
function traceHeaders(): { readonly headers?: MsgHdrs } {
  const traceparent = activeTraceparent();
  if (traceparent === undefined) return {};
  const all = headers();
  all.set(TRACEPARENT_HEADER, traceparent);
  return { headers: all };
}

const serversOf = ({ info }: NatsConnection): readonly string[] => info?.connect_urls ?? [];
