import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

interface SocketSettings {
  /** The `Cookie` header. */
  readonly cookie?: string;
  /** The `Origin` header; null for none. By default the origin of a page of the site. */
  readonly origin?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the client offers compression. */
  readonly deflate?: boolean;
}

/** The WebSocket of a page of authentik's web client. */
export class PageSocket {
  /** Resolves with the close code when the WebSocket is closed. */
  readonly closed: Promise<number>;
  private readonly messages: string[] = [];
  private onMessage: () => void = () => undefined;

  private constructor(readonly ws: WebSocket) {
    this.closed = new Promise((resolve) => ws.once('close', resolve));
    ws.on('error', () => undefined);
    ws.on('message', (data: Buffer) => {
      this.messages.push(data.toString());
      this.onMessage();
    });
  }

  /** Opens a WebSocket at the gateway with this URL. */
  static async open(url: string, settings: SocketSettings = {}): Promise<PageSocket> {
    const socket = new PageSocket(connect(url, settings));
    await once(socket.ws, 'open');
    return socket;
  }

  /** Returns the next message, as soon as it has arrived. */
  async next(): Promise<unknown> {
    if (this.messages.length === 0) await new Promise<void>((resolve) => (this.onMessage = resolve));
    return JSON.parse(this.messages.shift()!);
  }

  /** The messages that have arrived, and that `next` has not returned. */
  get waiting(): readonly string[] {
    return this.messages;
  }

  /** Closes the WebSocket. Resolves when the gateway has answered. */
  async close(): Promise<void> {
    this.ws.close();
    await this.closed;
  }
}

/** Asks for a WebSocket that the gateway refuses. Returns the response. */
export async function refusedSocket(url: string, settings: SocketSettings = {}) {
  const ws = connect(url, settings);
  const [, response] = (await once(ws, 'unexpected-response')) as [unknown, IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) as unknown };
}

function connect(url: string, { cookie, origin = url, headers = {}, deflate = false }: SocketSettings): WebSocket {
  return new WebSocket(`${url.replace('http', 'ws')}/ws/client/`, {
    perMessageDeflate: deflate,
    headers: { ...(cookie === undefined ? {} : { cookie }), ...(origin === null ? {} : { origin }), ...headers },
  });
}
