import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificate } from './certificate.js';

/** A running proxy. */
export interface TlsProxy {
  /** Host and port of the proxy. */
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a proxy on 127.0.0.1 that ends TLS for several hosts and sends each request to `target`, with the headers
 * `X-Forwarded-Host` and `X-Forwarded-Proto`, as a proxy in front of a gateway does.
 */
export async function startTlsProxy(hosts: readonly string[], target: string): Promise<TlsProxy> {
  const { hostname, port } = new URL(target);
  const server = createServer(createCertificate(2, hosts), (incoming, response) => {
    const { method, url: path } = incoming;
    const headers = {
      ...incoming.headers,
      ...{ 'x-forwarded-host': incoming.headers.host, 'x-forwarded-proto': 'https' },
    };
    const forwarded = request({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
