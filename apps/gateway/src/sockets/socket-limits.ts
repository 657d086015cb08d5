import { clientNetwork } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { type NetworkRateLimiter, networkRateLimiter } from '../http/rate-limits/network-rate-limiter.js';
import { openSockets, type SocketRefusal } from './socket.metrics.js';

type Settings = Pick<
  GatewayConfig,
  'SOCKETS_MAX' | 'SOCKETS_PER_NETWORK' | 'SOCKETS_PER_SESSION' | 'SOCKET_RATE' | 'SOCKET_RATE_PERIOD_S'
>;

/** The client of a WebSocket: its address, and the channels of its sessions. */
export interface SocketClient {
  readonly ip: string;
  readonly channels: readonly string[];
}

/** Counts by key. A count of 0 is removed. */
class Counts {
  private readonly counts = new Map<string, number>();

  of(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  add(key: string, change: 1 | -1): void {
    const count = this.of(key) + change;
    if (count === 0) this.counts.delete(key);
    else this.counts.set(key, count);
  }
}

/**
 * Limits the WebSockets of this process. HTTP requests have other limits, so WebSockets and requests cannot exhaust
 * each other's.
 */
@Injectable()
export class SocketLimits {
  private readonly handshakes: NetworkRateLimiter | undefined;
  private readonly networks = new Counts();
  private readonly sessions = new Counts();
  private open = 0;

  constructor(@Inject(GATEWAY_CONFIG) private readonly settings: Settings) {
    this.handshakes = networkRateLimiter({ requests: settings.SOCKET_RATE, periodS: settings.SOCKET_RATE_PERIOD_S });
  }

  /** Counts a request for a WebSocket. Returns the reason of the refusal; `undefined` if the request is admitted. */
  refusalOf({ ip, channels }: SocketClient): SocketRefusal | undefined {
    const { SOCKETS_MAX, SOCKETS_PER_NETWORK, SOCKETS_PER_SESSION } = this.settings;
    if (this.handshakes?.count(ip).admitted === false) return 'rate';
    if (this.networks.of(clientNetwork(ip)) >= SOCKETS_PER_NETWORK) return 'network';
    if (channels.some((channel) => this.sessions.of(channel) >= SOCKETS_PER_SESSION)) return 'session';
    return this.open >= SOCKETS_MAX ? 'process' : undefined;
  }

  /** Counts an open WebSocket. Returns the function to call when it closes. */
  enter(client: SocketClient): () => void {
    this.count(client, 1);
    return () => this.count(client, -1);
  }

  private count({ ip, channels }: SocketClient, change: 1 | -1): void {
    this.open += change;
    openSockets.set(this.open);
    this.networks.add(clientNetwork(ip), change);
    for (const channel of channels) this.sessions.add(channel, change);
  }
}
