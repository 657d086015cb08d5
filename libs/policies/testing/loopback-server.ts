import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** A server on the loopback interface, for tests to ask. */
export interface LoopbackServer {
  readonly url: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse, rest: string) => unknown;

const ANSWERS: Readonly<Record<string, Answer>> = {
  echo: async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method, url, headers } = request;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ method, url, headers, body }));
  },
  status: (_request, response, status) => response.writeHead(Number(status)).end(),
  to: (_request, response, where) => response.writeHead(302, { location: decodeURIComponent(where) }).end(),
  keep: (_request, response, where) => response.writeHead(307, { location: decodeURIComponent(where) }).end(),
  bytes: (_request, response, count) => response.end('x'.repeat(Number(count))),
  gzip: (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x')),
  silent: () => undefined,
  hanging: (_request, response) => response.writeHead(200).flushHeaders(),
};

/** `/echo`, `/status/503`, `/to/<address>`, `/keep/<address>`, `/bytes/10`, `/gzip`, `/silent` and `/hanging`. */
export async function startLoopbackServer(): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    const [, what = '', rest = ''] = /^\/([a-z]+)\/?([^?]*)/.exec(request.url ?? '') ?? [];
    void ANSWERS[what]?.(request, response, rest);
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
