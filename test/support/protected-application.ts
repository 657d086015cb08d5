import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';

/** A request as the application behind a proxy received it. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  /** Names as sent, in lower case, with their values. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** The page at `/page`, with any query. It opens a WebSocket, and shows the answer to a message. */
const PAGE = `<!doctype html><title>Application</title><p id="answer"></p><script>
const socket = new WebSocket('wss://' + location.host + '/socket');
socket.onopen = () => socket.send('hello');
socket.onmessage = ({ data }) => { document.querySelector('#answer').textContent = data; };
</script>`;

/**
 * An application that trusts the headers of its proxy. It answers each request with the request as JSON, and each message
 * on a WebSocket with the message and the request that opened the WebSocket.
 */
export class ProtectedApplication {
  /** All requests so far. */
  readonly requests: ReceivedRequest[] = [];

  private constructor(
    private readonly server: Server,
    private readonly sockets: WebSocketServer,
  ) {}

  static async open(): Promise<ProtectedApplication> {
    const sockets = new WebSocketServer({ noServer: true });
    const server = createServer();
    const application = new ProtectedApplication(server, sockets);
    const record = (request: IncomingMessage, body: string) => {
      const received = receivedOf(request, body);
      application.requests.push(received);
      return JSON.stringify(received);
    };
    server.on('request', (request, response) => {
      const isPage = /^\/page\b/.test(request.url ?? '');
      response.setHeader('content-type', isPage ? 'text/html' : 'application/json');
      text(request).then(
        (body) => {
          const answer = record(request, body);
          response.end(isPage ? PAGE : answer);
        },
        // The proxy has closed the connection within the body.
        () => response.destroy(),
      );
    });
    server.on('upgrade', (request, connection, head) => {
      const opened = record(request, '');
      sockets.handleUpgrade(request, connection, head, (socket) =>
        socket.on('message', (message: Buffer) => socket.send(`${String(message)} ${opened}`)),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return application;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets.clients) socket.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function receivedOf({ method = '', url = '', rawHeaders }: IncomingMessage, body: string): ReceivedRequest {
  const names = rawHeaders.filter((_, i) => i % 2 === 0);
  return {
    ...{ method, url, body },
    headers: names.map((name, i) => [name.toLowerCase(), rawHeaders[i * 2 + 1] ?? ''] as const),
  };
}
