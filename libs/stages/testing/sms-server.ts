import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message in the format of authentik's webhook. */
interface SentMessage {
  readonly From: string;
  readonly To: string;
  readonly Body: string;
}

/** A fake SMS provider on loopback, called as a webhook. */
export class SmsServer {
  /** The received messages. */
  readonly sent: SentMessage[] = [];
  /** The HTTP status of all responses. */
  status = 200;
  /** The server waits for this promise before each response. */
  delay: Promise<void> = Promise.resolve();

  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  static async open(): Promise<SmsServer> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        opened.sent.push(JSON.parse(Buffer.concat(chunks).toString()) as SentMessage);
        void opened.delay.then(() => response.writeHead(opened.status).end());
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    const opened: SmsServer = new SmsServer(`http://127.0.0.1:${port}`, async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    });
    return opened;
  }

  /** The code of the last message. */
  get code(): string {
    return this.sent.at(-1)?.Body ?? '';
  }

  /** A code that differs from the code of the last message. */
  get otherCode(): string {
    return String((Number(this.code) + 1) % 1e6).padStart(6, '0');
  }
}
