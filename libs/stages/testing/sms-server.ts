import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One message, as the reference's web hook is told of it. */
interface Sent {
  readonly From: string;
  readonly To: string;
  readonly Body: string;
}

/** A provider of text messages on loopback, that takes them by web hook and sends none. */
export class SmsServer {
  /** What it was asked to send. */
  readonly sent: Sent[] = [];
  /** What it answers. */
  status = 200;
  /** What it waits for before it answers. */
  until: Promise<void> = Promise.resolve();

  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  static async open(): Promise<SmsServer> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        opened.sent.push(JSON.parse(Buffer.concat(chunks).toString()) as Sent);
        void opened.until.then(() => response.writeHead(opened.status).end());
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

  /** The code that was sent last. */
  get code(): string {
    return this.sent.at(-1)?.Body ?? '';
  }

  /** A code that is not the one that was sent last. */
  get otherCode(): string {
    return String((Number(this.code) + 1) % 1e6).padStart(6, '0');
  }
}
