import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** An HTTP server on the loopback interface. */
export interface LoopbackServer {
  readonly url: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse, rest: string) => unknown;

const HANDLERS: Readonly<Record<string, Handler>> = {
  echo: async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method, url, headers } = request;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ method, url, headers, body }));
  },
  status: (_request, response, status) => response.writeHead(Number(status)).end(),
  to: (_request, response, location) => response.writeHead(302, { location: decodeURIComponent(location) }).end(),
  keep: (_request, response, location) => response.writeHead(307, { location: decodeURIComponent(location) }).end(),
  bytes: (_request, response, count) => response.end('x'.repeat(Number(count))),
  gzip: (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x')),
  switching: ({ socket }) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
  silent: () => undefined,
  hanging: (_request, response) => response.writeHead(200).flushHeaders(),
};

/**
 * Starts a server. Its paths are `/echo`, `/status/503`, `/to/<address>` (302), `/keep/<address>` (307), `/bytes/10`,
 * `/gzip`, `/switching` (101), `/silent` (no response) and `/hanging` (no body).
 */
export async function startLoopbackServer(): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    const [, name = '', rest = ''] = /^\/([a-z]+)\/?([^?]*)/.exec(request.url ?? '') ?? [];
    void HANDLERS[name]?.(request, response, rest);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port, url: `http://127.0.0.1:${port}`, close };
}
