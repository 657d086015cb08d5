import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that sends each request to the next gateway, so that the steps of one login reach all gateways. */
export class RotatingProxy {
  readonly #server: Server;
  readonly #gateways: URL[] = [];
  #next = 0;

  private constructor() {
    this.#server = createServer((incoming, outgoing) => this.#forward(incoming, outgoing));
  }

  static async open(): Promise<RotatingProxy> {
    const proxy = new RotatingProxy();
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  add(gateway: string): void {
    this.#gateways.push(new URL(gateway));
  }

  remove(gateway: string): void {
    const at = this.#gateways.findIndex(({ origin }) => origin === new URL(gateway).origin);
    this.#gateways.splice(at, 1);
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Forwards a request. Responds 503 if the gateway does not respond. */
  #forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.#next = (this.#next + 1) % this.#gateways.length;
    const { hostname, port } = this.#gateways[this.#next]!;
    const { method, url, headers } = incoming;
    const forwarded = request({ hostname, port, method, path: url, headers, agent: false }, (response) => {
      outgoing.writeHead(response.statusCode ?? 503, response.headers);
      response.pipe(outgoing);
    });
    forwarded.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(503).end()));
    incoming.pipe(forwarded);
  }
}
