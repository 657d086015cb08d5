import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpClient } from '../http-client.js';

/** A response of the site, or `lost`: the connection closes without a response. */
export type ScriptedResponse =
  | 'lost'
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown };

/** A request that the site has received. */
export interface ReceivedRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An HTTP server that answers with the given responses in turn. */
export async function scriptedSite(...script: readonly ScriptedResponse[]) {
  const received: ReceivedRequest[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, url, headers } = request;
    const next = script[received.length];
    received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    if (next === undefined || next === 'lost') request.socket.destroy();
    else response.writeHead(next.status ?? 200, next.headers).end(JSON.stringify(next.body ?? {}));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new HttpClient(url, { timeoutMs: 10_000 });
  const close = async () => {
    client.close();
    server.close();
    await once(server, 'close');
  };
  return { url, client, received, close };
}
