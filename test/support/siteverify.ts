import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One question, as a provider of puzzles hears it. */
type ReceivedForm = Readonly<Record<string, string>>;

/**
 * A provider of puzzles on loopback, by the protocol that they document as siteverify: `secret` and `response` as a form,
 * an answer as JSON, and each token good once. Tests may have it say something else.
 */
export class SiteverifyServer {
  readonly asked: ReceivedForm[] = [];
  /** Answers in the place of what is documented. */
  instead: ((response: ServerResponse) => void) | undefined;
  /** What a right answer says besides. */
  more: object = {};
  private readonly spent = new Set<string>();

  private constructor(
    readonly url: string,
    private readonly secret: string,
    private readonly stop: () => Promise<void>,
  ) {}

  static async open(secret: string): Promise<SiteverifyServer> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => opened.answer(new URLSearchParams(Buffer.concat(chunks).toString()), response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const opened: SiteverifyServer = new SiteverifyServer(`http://127.0.0.1:${port}/siteverify`, secret, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return opened;
  }

  close(): Promise<void> {
    return this.stop();
  }

  private answer(form: URLSearchParams, response: ServerResponse) {
    this.asked.push(Object.fromEntries(form));
    if (this.instead) return this.instead(response);
    const body = JSON.stringify(this.judged(form));
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  }

  private judged(form: URLSearchParams): object {
    const [secret, token] = [form.get('secret'), form.get('response') ?? ''];
    if (!secret) return refused('missing-input-secret');
    if (secret !== this.secret) return refused('invalid-input-secret');
    if (!token) return refused('missing-input-response');
    if (!token.startsWith('good')) return refused('invalid-input-response');
    if (this.spent.has(token)) return refused('timeout-or-duplicate');
    this.spent.add(token);
    return { success: true, challenge_ts: new Date().toISOString(), ...this.more };
  }
}

const refused = (code: string) => ({ success: false, 'error-codes': [code] });
