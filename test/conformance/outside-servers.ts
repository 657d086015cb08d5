import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Mailbox } from '../support/mailbox.js';

type Received = Readonly<Record<string, unknown>>;

/** A mail server, and a captcha provider with an account for each case. */
export class OutsideServers {
  /** The response of the captcha provider, by case. */
  readonly verdicts = new Map<string, object>();
  readonly #received = new Map<string, Received>();
  readonly #mailsRead = new Map<string, number>();

  private constructor(
    readonly mailbox: Mailbox,
    readonly captchaPort: number,
    private readonly stop: () => void,
  ) {}

  static async open(): Promise<OutsideServers> {
    const mailbox = await Mailbox.open();
    const server = createServer((request, response) => {
      void opened.#verdictFor(request).then((verdict) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(verdict));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const opened: OutsideServers = new OutsideServers(mailbox, (server.address() as AddressInfo).port, () => {
      server.closeAllConnections();
      server.close();
    });
    return opened;
  }

  async close(): Promise<void> {
    this.stop();
    await this.mailbox.close();
  }

  /** Returns the fields of the last request that the provider got for a case, and its content type as `content_type`. */
  lastCaptcha(key: string): Received | undefined {
    return this.#received.get(key);
  }

  /** Resolves with the next mail to an address that no step has read yet. */
  nextMail(address: string): ReturnType<Mailbox['mailTo']> {
    const nth = (this.#mailsRead.get(address) ?? 0) + 1;
    this.#mailsRead.set(address, nth);
    return this.mailbox.mailTo(address, nth);
  }

  async #verdictFor(request: IncomingMessage): Promise<object> {
    const key = request.url?.split('/').at(-1) ?? '';
    const body = await text(request);
    const type = request.headers['content-type'] ?? '';
    const isJson = type.startsWith('application/json');
    const fields = isJson ? (JSON.parse(body) as Received) : Object.fromEntries(new URLSearchParams(body));
    this.#received.set(key, { ...fields, content_type: type });
    return this.verdicts.get(key) ?? { success: true };
  }
}
