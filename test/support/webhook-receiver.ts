import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import type { KeyPair } from './certificate.js';

/** A request that a receiver got. */
export interface ReceivedWebhook {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: { readonly id: string; readonly subject?: string; readonly data: { readonly action: string } };
  /** Number of the connection on which the request came, counted from 1. */
  readonly connection: number;
}

type Answer = (received: ReceivedWebhook, response: ServerResponse) => void | Promise<void>;

interface ReceiverOptions {
  /** Answers a request. By default with status 204. */
  readonly answer?: Answer;
  /** Serves HTTPS for `localhost` with this certificate. */
  readonly certificate?: KeyPair;
}

/** A webhook endpoint on loopback. */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  answer: Answer;
  #connections = 0;
  readonly #numbers = new WeakMap<object, number>();
  readonly #waiting = new Set<() => void>();

  private constructor(
    private readonly server: Server,
    private readonly scheme: string,
    answer: Answer,
  ) {
    this.answer = answer;
    server.on(scheme === 'https' ? 'secureConnection' : 'connection', (socket: object) =>
      this.#numbers.set(socket, ++this.#connections),
    );
  }

  static async open({ answer = accept, certificate }: ReceiverOptions = {}): Promise<WebhookReceiver> {
    const listener = (request: IncomingMessage, response: ServerResponse) => void receiver.#receive(request, response);
    const server = certificate ? createHttpsServer(certificate, listener) : createServer(listener);
    const receiver = new WebhookReceiver(server, certificate ? 'https' : 'http', answer);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The URL of the endpoint. Its host is `localhost` with HTTPS, else 127.0.0.1. */
  get url(): string {
    return `${this.scheme}://${this.scheme === 'https' ? 'localhost' : '127.0.0.1'}:${this.port}/hook`;
  }

  /** The ids of the events so far, repetitions included. */
  get ids(): string[] {
    return this.received.map(({ event }) => event.id);
  }

  /** Resolves when the condition is true, which is checked after each request. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const connection = this.#numbers.get(request.socket) ?? 0;
    const received = { headers: request.headers, body, event: JSON.parse(body), connection } as ReceivedWebhook;
    this.received.push(received);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    await this.answer(received, response);
  }
}

const accept: Answer = (_, response) => void response.writeHead(204).end();

/** Returns an answer with this status and these headers. */
export const answerWith =
  (status: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (_, response) =>
    void response.writeHead(status, headers).end();

/** Returns whether the npm package `standardwebhooks` accepts the signature of a request by a secret. */
export function isVerified({ headers, body }: Pick<ReceivedWebhook, 'headers' | 'body'>, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

/** Returns a made-up secret of a webhook endpoint. */
export const webhookSecret = (fill = 1): string => `whsec_${Buffer.alloc(32, fill).toString('base64')}`;

interface EndpointOptions {
  readonly url: string;
  readonly name?: string;
  readonly secrets?: readonly string[];
  readonly actions?: readonly string[];
}

/**
 * Returns the settings of a courier with endpoints on loopback, by default one endpoint with the name `siem` and
 * `webhookSecret()`. The courier retries soon, and its circuit breakers open late.
 */
export const webhookSettingsFor = (...endpoints: readonly EndpointOptions[]) => ({
  WEBHOOKS: JSON.stringify(endpoints.map((endpoint) => ({ name: 'siem', secrets: [webhookSecret()], ...endpoint }))),
  ...{ WEBHOOK_HOSTS: '127.0.0.1,localhost', WEBHOOK_RETRY_S: '1', WEBHOOK_RETRY_MAX_S: '1' },
  ...{ WEBHOOK_BREAK_FAILURES: '100', WEBHOOK_TIMEOUT_MS: '5000' },
});
