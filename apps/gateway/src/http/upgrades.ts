import { type IncomingMessage, type Server, type ServerOptions, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** The path of the WebSocket of pages. Clients expect it there. */
export const SOCKET_PATH = '/ws/client/';

/** The connection of a request that asks for a WebSocket. */
export interface UpgradableConnection {
  readonly socket: Duplex;
  /** The first bytes that the client has sent after the request. */
  readonly head: Buffer;
  /** Detaches the connection from the HTTP response, so that a WebSocket can use it. */
  readonly release: () => void;
}

const connections = new WeakMap<IncomingMessage, UpgradableConnection>();

/** Returns the connection of a request that asks for a WebSocket; `undefined` for any other request. */
export const upgradableConnection = ({ raw }: FastifyRequest): UpgradableConnection | undefined => connections.get(raw);

interface UpgradeOptions {
  /**
   * Node calls this since version 24.9. If it returns false, Node handles the request like one without an `Upgrade`
   * header.
   */
  readonly shouldUpgradeCallback: (request: IncomingMessage) => boolean;
}

/** Options of `createServer` without which Node 26 would withhold the bodies of other requests with an `Upgrade` header. */
export const upgradeOptions: ServerOptions & UpgradeOptions = { shouldUpgradeCallback: isSocketRequest };

/**
 * Routes requests for the WebSocket of pages past the admission, which limits other requests. Any other request with an
 * `Upgrade` header is handled as if it had none (RFC 9110 §7.8). Some clients send `Upgrade: h2c` with each request.
 */
export function handleUpgrades(fastify: FastifyInstance): void {
  fastify.server.on('upgrade', (request, socket, head) => {
    const response = new ServerResponse(request);
    try {
      response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
    } catch {
      // The client did not wait for the response to its previous request on this connection, so its WebSocket cannot
      // start.
      socket.destroy();
      return;
    }
    const release = () => response.detachSocket(socket as Parameters<ServerResponse['detachSocket']>[0]);
    if (isSocketRequest(request)) return route(fastify, response, { socket, head, release });
    release();
    serveWithoutUpgrade(fastify.server as Server, request, { socket, head });
  });
}

function isSocketRequest({ method, url = '', headers }: IncomingMessage): boolean {
  return method === 'GET' && url.split('?', 1)[0] === SOCKET_PATH && headers.upgrade?.toLowerCase() === 'websocket';
}

function route(fastify: FastifyInstance, response: ServerResponse, connection: UpgradableConnection): void {
  const { socket, release } = connection;
  // Node has removed its own listener. An error without a listener would end the process.
  socket.on('error', () => socket.destroy());
  connections.set(response.req, connection);
  response.shouldKeepAlive = false;
  response.once('finish', () => {
    release();
    socket.end();
  });
  fastify.routing(response.req, response);
}

/** Passes the request to the server again, without its `Upgrade` header, as the last request of its connection. */
function serveWithoutUpgrade(
  server: Server,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  { socket, head }: Pick<UpgradableConnection, 'socket' | 'head'>,
): void {
  const lines = rawHeaders.flatMap((name, index) => {
    const isName = index % 2 === 0 && !['upgrade', 'connection'].includes(name.toLowerCase());
    return isName ? [`${name}: ${rawHeaders[index + 1]}`] : [];
  });
  const start = `${method} ${url} HTTP/${httpVersion}`;
  const text = [start, ...lines, 'Connection: close', '', ''].join('\r\n');
  socket.unshift(Buffer.concat([Buffer.from(text, 'latin1'), head]));
  server.emit('connection', socket);
}
