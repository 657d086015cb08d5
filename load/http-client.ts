import { Agent as HttpAgent, type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { urlToHttpOptions } from 'node:url';

/** Settings of an HTTP client. */
export interface HttpClientOptions {
  /** Whether to accept any certificate, such as a self-signed one. */
  readonly insecure?: boolean;
  /** Time limit of a request, in milliseconds. */
  readonly timeoutMs: number;
}

/** A request to the deployment. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body?: string | undefined;
}

/** A complete response. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends requests to one deployment over keep-alive connections that all visitors share. */
export class HttpClient {
  private readonly agent: HttpAgent;
  private readonly request: typeof requestHttp;
  /** The address of the deployment, parsed once into the options of a request. */
  private readonly target: ReturnType<typeof urlToHttpOptions>;
  /** The origin, which browsers send with a POST. */
  readonly origin: string;

  constructor(
    url: string,
    private readonly options: HttpClientOptions,
  ) {
    const base = new URL(url);
    this.target = urlToHttpOptions(base);
    this.origin = base.origin;
    const secure = base.protocol === 'https:';
    const { insecure = false } = options;
    this.agent = secure
      ? new HttpsAgent({ keepAlive: true, rejectUnauthorized: !insecure })
      : new HttpAgent({ keepAlive: true });
    this.request = secure ? requestHttps : requestHttp;
  }

  /** Sends a request. Rejects if there is no complete response within the time limit. */
  send({ method, path, headers, body }: HttpRequest): Promise<HttpResponse> {
    const { agent, target } = this;
    const sent = body === undefined ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) };
    return new Promise((resolve, reject) => {
      const outgoing = this.request({ ...target, path, agent, method, headers: sent });
      const timer = setTimeout(
        () => outgoing.destroy(new Error(`no response within ${this.options.timeoutMs} ms`)),
        this.options.timeoutMs,
      );
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      outgoing.once('error', fail).once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', fail);
        response.once('end', () => {
          clearTimeout(timer);
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
      });
      outgoing.end(body);
    });
  }

  /** Closes all connections. */
  close(): void {
    this.agent.destroy();
  }
}
