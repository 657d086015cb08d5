import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The form of a siteverify request, from JSON or form-encoded. */
type ReceivedForm = Readonly<Record<string, string>>;

/**
 * A captcha provider on the loopback interface that implements the siteverify protocol: a form with `secret` and
 * `response`, form-encoded or as JSON, a JSON response, and tokens that are valid once. Tests can override its responses.
 */
export class SiteverifyServer {
  readonly requests: ReceivedForm[] = [];
  /** The content type of each request. */
  readonly contentTypes: string[] = [];
  /** Handler that replaces the default response. */
  override: ((response: ServerResponse) => void) | undefined;
  /** Further members of a successful response. */
  extraMembers: object = {};
  private readonly usedTokens = new Set<string>();

  private constructor(
    readonly url: string,
    private readonly secret: string,
    private readonly stop: () => Promise<void>,
  ) {}

  static async open(secret: string): Promise<SiteverifyServer> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        opened.contentTypes.push(String(request.headers['content-type']));
        opened.answer(formIn(request.headers['content-type'], Buffer.concat(chunks).toString()), response);
      });
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

  private answer(form: ReceivedForm, response: ServerResponse) {
    this.requests.push(form);
    if (this.override) return this.override(response);
    const body = JSON.stringify(this.resultOf(form));
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  }

  private resultOf({ secret, response: token = '' }: ReceivedForm): object {
    if (!secret) return refused('missing-input-secret');
    if (secret !== this.secret) return refused('invalid-input-secret');
    if (!token) return refused('missing-input-response');
    if (!token.startsWith('good')) return refused('invalid-input-response');
    if (this.usedTokens.has(token)) return refused('timeout-or-duplicate');
    this.usedTokens.add(token);
    return { success: true, challenge_ts: new Date().toISOString(), ...this.extraMembers };
  }
}

const refused = (code: string) => ({ success: false, 'error-codes': [code] });

const formIn = (contentType: string | undefined, body: string): ReceivedForm =>
  contentType === 'application/json'
    ? (JSON.parse(body) as ReceivedForm)
    : Object.fromEntries(new URLSearchParams(body));
