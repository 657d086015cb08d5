import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A response that the server sends. `lost` closes the connection instead. */
interface ScriptedResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
  readonly lost?: true;
}

/** A request that the server got. */
interface ReceivedRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An HTTP server that gives responses in order, and records the requests. A gate holds all responses while it is closed. */
export async function scriptedExecutor(...script: ScriptedResponse[]) {
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method, url, headers } = request;
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      arrived?.();
      await gate;
      const { status = 200, headers: sent = {}, body, lost } = script.shift() ?? { status: 500, body: {} };
      if (lost) return request.socket.destroy();
      response.writeHead(status, { 'content-type': 'application/json', ...sent } as Record<string, string>);
      return response.end(typeof body === 'string' ? body : JSON.stringify(body));
    })();
  });
  let gate: Promise<void> | undefined;
  let arrived: (() => void) | undefined;
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    methods: () => requests.map(({ method }) => method),
    /** Holds all responses until the returned function is called. `arrival` resolves when the next request has arrived. */
    hold() {
      const arrival = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      let release = () => {};
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return { arrival, release: () => release() };
    },
  };
}
