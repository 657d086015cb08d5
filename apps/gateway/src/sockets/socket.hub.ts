import { Broadcaster } from '@gatehouse/platform';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { WebSocket } from 'ws';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { UpgradableConnection } from '../http/upgrades.js';
import { CLOSE, ClientSocket } from './client-socket.js';
import { MESSAGE_SUBJECT, parseMessage, type VisitorText } from './session-message.js';
import { socketMessages } from './socket.metrics.js';
import { type SocketClient, SocketLimits } from './socket-limits.js';

/** Milliseconds between two checks of all WebSockets. */
const CHECK_EVERY_MS = 1000;
/** Milliseconds that a client has for the closing handshake. */
export const CLOSING_MS = 500;

type Settings = Pick<GatewayConfig, 'SOCKET_QUEUE_BYTES' | 'SOCKET_IDLE_S' | 'SOCKET_S' | 'SOCKET_ANONYMOUS_S'>;

/** The open WebSockets of this process. Passes each message from the bus to the WebSockets of its session. */
@Injectable()
export class SocketHub implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly sockets = new Set<ClientSocket>();
  private readonly channels = new Map<string, Set<ClientSocket>>();
  private timer: NodeJS.Timeout | undefined;
  private isStopping = false;
  private onEmpty: () => void = () => undefined;
  private readonly onClose = new Set<(channel: string) => void>();

  constructor(
    @Inject(Broadcaster) private readonly broadcaster: Pick<Broadcaster, 'listen'>,
    @Inject(SocketLimits) private readonly limits: SocketLimits,
    @Inject(GATEWAY_CONFIG) private readonly settings: Settings,
  ) {}

  /** Whether the process is stopping, so that it accepts no further WebSocket. */
  get stopping(): boolean {
    return this.isStopping;
  }

  onApplicationBootstrap(): void {
    this.broadcaster.listen(MESSAGE_SUBJECT, (body) => this.deliver(body));
    this.timer = setInterval(() => this.check(performance.now()), CHECK_EVERY_MS).unref();
  }

  /** Closes all WebSockets, which takes CLOSING_MS at most, even if clients do not respond. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    if (this.sockets.size === 0) return;
    const limit = setTimeout(() => this.sockets.forEach((socket) => socket.terminate()), CLOSING_MS);
    const empty = new Promise<void>((resolve) => (this.onEmpty = resolve));
    for (const socket of this.sockets) socket.close(CLOSE.goingAway);
    await empty;
    clearTimeout(limit);
  }

  /** Calls `listener` with the channel of each session key that any gateway replaces or ends. */
  listenToClosing(listener: (channel: string) => void): void {
    this.onClose.add(listener);
  }

  /**
   * Closes the WebSockets that are open now, spread over the second half of `delayMs` milliseconds. By then the proxy
   * sends new connections to other gateways. Spreading the reconnections protects these gateways from a thundering
   * herd.
   */
  drain(delayMs: number): void {
    for (const socket of this.sockets)
      setTimeout(() => socket.close(CLOSE.goingAway), (delayMs / 2) * (1 + Math.random())).unref();
  }

  /** Registers an open WebSocket until it closes. */
  add(ws: WebSocket, { socket: stream }: UpgradableConnection, client: SocketClient): void {
    const { SOCKET_QUEUE_BYTES: queueBytes, SOCKET_IDLE_S, SOCKET_S, SOCKET_ANONYMOUS_S } = this.settings;
    // The WebSocket of a page without a session ends early. It gets no messages, and the page then reconnects with the
    // session cookie that it may have received meanwhile.
    const lifetimeMs = 1000 * (client.channels.length > 0 ? SOCKET_S : Math.min(SOCKET_S, SOCKET_ANONYMOUS_S));
    const times = { idleMs: SOCKET_IDLE_S * 1000, lifetimeMs, now: performance.now() };
    const socket = new ClientSocket(ws, stream, { queueBytes, ...times });
    const leave = this.limits.enter(client);
    this.sockets.add(socket);
    for (const channel of client.channels) this.join(channel, socket);
    ws.once('close', () => {
      leave();
      this.sockets.delete(socket);
      for (const channel of client.channels) this.leave(channel, socket);
      if (this.sockets.size === 0) this.onEmpty();
    });
  }

  /** Ends WebSockets whose time is over or whose client is gone, and sends the pings that are due. */
  check(now: number): void {
    for (const socket of this.sockets) socket.check(now);
  }

  private deliver(body: Uint8Array): void {
    const message = parseMessage(body);
    if (!message) return;
    const { channel, texts, close } = message;
    if (close) for (const listener of this.onClose) listener(channel);
    const frames = texts.map(frameOf);
    for (const socket of this.channels.get(channel) ?? []) {
      for (const frame of frames) socketMessages.inc({ outcome: socket.send(frame) ? 'sent' : 'dropped' });
      if (close) socket.close(CLOSE.normal);
    }
  }

  private join(channel: string, socket: ClientSocket): void {
    const members = this.channels.get(channel) ?? new Set();
    this.channels.set(channel, members.add(socket));
  }

  private leave(channel: string, socket: ClientSocket): void {
    const members = this.channels.get(channel);
    members?.delete(socket);
    if (members?.size === 0) this.channels.delete(channel);
  }
}

/** Returns a text in the format that authentik's clients read (docs/spec/http.md#messages). */
const frameOf = ({ level, text }: VisitorText): string =>
  JSON.stringify({ message_type: 'message', level, tags: level, message: text });
