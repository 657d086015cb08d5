import { Problem } from '@gatehouse/contracts';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { WebSocketServer } from 'ws';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import { BoundCookieService } from '../http/bound-cookie.service.js';
import { clientIp } from '../http/client-ip.js';
import { crossSiteFailure } from '../http/csrf.js';
import { sessionKeysIn } from '../http/session-cookie.service.js';
import { SOCKET_PATH, type UpgradableConnection, upgradableConnection } from '../http/upgrades.js';
import { CLOSING_MS, SocketHub } from './socket.hub.js';
import { refusedSockets, type SocketRefusal } from './socket.metrics.js';
import { MAX_CHANNELS, socketChannel } from './socket-channel.js';
import { type SocketClient, SocketLimits } from './socket-limits.js';

/** Bytes of the largest message that a client may send. A larger message closes the WebSocket with code 1009. */
const MAX_MESSAGE_BYTES = 1024;
/** Maximum number of fragments of one message. */
const MAX_FRAGMENTS = 16;

/** The version of the WebSocket protocol, and the form of a client's key (RFC 6455 §4.1). */
const VERSION = '13';
const KEY = /^[+/0-9A-Za-z]{22}==$/;

const PROBLEMS: Readonly<Record<SocketRefusal, Problem>> = {
  origin: new Problem('csrf_failed'),
  rate: new Problem('rate_limited'),
  network: new Problem('rate_limited'),
  session: new Problem('rate_limited'),
  process: new Problem('overloaded'),
  stopping: new Problem('overloaded'),
};

/**
 * The WebSocket on which pages of authentik's web client get messages (docs/spec/http.md#messages). Opening it needs no
 * query to Postgres: an unknown session key only names a channel on which nothing is sent.
 */
@Public()
@Controller(SOCKET_PATH)
export class SocketController {
  private readonly server = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false, handleProtocols: () => false as const },
    ...{ maxPayload: MAX_MESSAGE_BYTES, maxFragments: MAX_FRAGMENTS, maxBufferedChunks: MAX_FRAGMENTS },
    ...{ closeTimeout: CLOSING_MS },
  });

  constructor(
    @Inject(SocketHub) private readonly hub: SocketHub,
    @Inject(SocketLimits) private readonly limits: SocketLimits,
    @Inject(BoundCookieService) private readonly boundCookies: BoundCookieService,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'BASE_URL' | 'SESSION_COOKIE'>,
  ) {}

  /**
   * Opens a WebSocket. Throws `malformed_http`, `csrf_failed`, `rate_limited` or `overloaded`, and `not_found` for a
   * request that does not ask for a WebSocket.
   */
  @Get()
  open(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const connection = upgradableConnection(request);
    if (!connection) throw new Problem('not_found');
    requireHandshake(request);
    this.requireOwnPage(request);
    const client = this.clientOf(request);
    const refusal = this.hub.stopping ? 'stopping' : this.limits.refusalOf(client);
    if (refusal) {
      refusedSockets.inc({ reason: refusal });
      throw PROBLEMS[refusal];
    }
    reply.hijack();
    connection.release();
    this.upgrade(request, connection, client);
  }

  /**
   * Refuses pages of other sites, which would read the messages of the visitor. Also refuses a request without `Origin`:
   * every browser sends one, and other programs have no use for the messages.
   */
  private requireOwnPage(request: FastifyRequest): void {
    const failure = crossSiteFailure(request, this.config.BASE_URL);
    if (!failure && request.headers.origin !== undefined) return;
    refusedSockets.inc({ reason: 'origin' });
    throw new Problem('csrf_failed', failure ? { detail: failure } : {});
  }

  private clientOf(request: FastifyRequest): SocketClient {
    const { cookie } = request.headers;
    const keys = this.boundCookies.storedKeys(sessionKeysIn(cookie, this.config.SESSION_COOKIE), cookie);
    return { ip: clientIp(request), channels: keys.slice(0, MAX_CHANNELS).map(socketChannel) };
  }

  private upgrade({ raw }: FastifyRequest, connection: UpgradableConnection, client: SocketClient): void {
    const { socket, head } = connection;
    this.server.handleUpgrade(raw, socket, head, (ws) => this.hub.add(ws, connection, client));
  }
}

/** Throws `malformed_http` for a request that the WebSocket library would refuse without the error body of the API. */
function requireHandshake({ headers }: FastifyRequest): void {
  const { 'sec-websocket-version': version, 'sec-websocket-key': key = '' } = headers;
  if (version === VERSION && KEY.test(key)) return;
  throw new Problem('malformed_http', { detail: 'The request for a WebSocket is invalid.' });
}
