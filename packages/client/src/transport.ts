import { NO_REPLY, type Reply, readReply, STEP_HEADER } from './reply.js';
import type { CookieJar } from './types.js';

/** The part of `fetch` that the client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Settings of a client. */
export interface ClientOptions {
  /** Origin of Gatehouse, such as `https://login.example.org`. By default the origin of the page. */
  readonly baseUrl?: string;
  /** Replaces the global `fetch`. */
  readonly fetch?: Fetch;
  /** Whether the browser sends cookies. The default `include` also sends them to another origin of the site. */
  readonly credentials?: RequestCredentials;
  /**
   * Returns the CSRF token. By default the client takes it from the last response, from the cookie jar, or from the
   * cookie of the page.
   */
  readonly csrf?: () => string | undefined;
  /** Cookie jar for a native program, whose `fetch` stores no cookies. Requires a `baseUrl`. */
  readonly cookies?: CookieJar;
  /** Number of times that a request is repeated while the service is unavailable. Default: 6. */
  readonly retries?: number;
}

/** Response header with the CSRF token, for pages of other origins, which cannot read the cookie. */
const CSRF_RESPONSE_HEADER = 'x-gatehouse-csrf';
/**
 * The names of the CSRF cookie that a gateway can have. After a gateway has changed to the first name, browsers keep a
 * cookie with the second name for a year.
 */
const CSRF_COOKIES = [/(?:^|; *)__Host-authentik_csrf=([^;]*)/, /(?:^|; *)authentik_csrf=([^;]*)/];

/** Returns the path of a flow's executor. `query` is the query of the page that shows the flow. */
export const executorPath = (flow: string, query: string): string =>
  `/api/v3/flows/executor/${encodeURIComponent(flow)}/?query=${encodeURIComponent(query.replace(/^\?/, ''))}`;

/** The JSON of a response, and the id of the step that the response answers. */
interface Answer {
  readonly body: string;
  readonly step: string | undefined;
}

/** Sends requests to the executor with cookies and the CSRF token. */
export class Transport {
  private readonly baseUrl: string;
  private token: string | undefined;

  constructor(private readonly options: ClientOptions) {
    this.baseUrl = (options.baseUrl ?? '').replace(/\/+$/, '');
    if (options.cookies && !this.baseUrl) throw new TypeError('`cookies` needs a `baseUrl`.');
  }

  /** Returns a URL of Gatehouse as an absolute URL, if the client has a `baseUrl`. */
  resolve(to: string): string {
    return this.baseUrl && URL.canParse(to, this.baseUrl) ? new URL(to, this.baseUrl).href : to;
  }

  /** Fetches the challenge, or sends a response. Rejects with the reason of `signal` when it is aborted. */
  async send(path: string, answer: Answer | undefined, signal: AbortSignal): Promise<Reply> {
    try {
      const response = await this.request(this.baseUrl + path, answer, signal);
      const location = response.headers.get('location');
      if (location && response.status >= 300 && response.status < 400)
        return { kind: 'challenge', challenge: { component: 'xak-flow-redirect', to: location }, run: undefined };
      this.token = response.headers.get(CSRF_RESPONSE_HEADER) ?? this.token;
      const reply = await readReply(response);
      // A body that was aborted looks like a lost connection.
      signal.throwIfAborted();
      return reply;
    } catch {
      signal.throwIfAborted();
      return NO_REPLY;
    }
  }

  private async request(url: string, answer: Answer | undefined, signal: AbortSignal): Promise<Response> {
    const { cookies, fetch: send = fetch, credentials = 'include' } = this.options;
    const cookie = await cookies?.getCookieString(url);
    const response = await send(url, {
      signal,
      // A redirect is returned to the caller, and never followed.
      redirect: 'manual',
      credentials: cookies ? 'omit' : credentials,
      ...(answer ? { method: 'POST', body: answer.body } : {}),
      headers: {
        accept: 'application/json',
        // Requests all fields of challenges, whichever API version other clients of this gateway use.
        'x-gatehouse-fields': 'complete',
        // Over TLS, Gatehouse refuses the response of a logged-in session without the header Origin.
        ...(cookies ? { cookie: cookie ?? '', origin: new URL(url).origin } : {}),
        ...(answer ? { 'content-type': 'application/json', ...this.csrfHeader(cookie), ...stepHeader(answer) } : {}),
      },
    });
    for (const line of cookies ? response.headers.getSetCookie() : []) await cookies?.setCookie(line, url);
    return response;
  }

  private csrfHeader(cookie: string | undefined): Readonly<Record<string, string>> {
    const { csrf, cookies } = this.options;
    const token = csrf?.() ?? (cookies ? csrfIn(cookie) : (this.token ?? this.pageToken()));
    return token ? { 'x-authentik-csrf': token } : {};
  }

  /** Returns the CSRF token in the cookies of the page, if the page has the origin of Gatehouse. */
  private pageToken(): string | undefined {
    if (typeof document === 'undefined') return undefined;
    return this.resolve('/').startsWith('/') || new URL(this.baseUrl).origin === location.origin
      ? csrfIn(document.cookie)
      : undefined;
  }
}

const stepHeader = ({ step }: Answer) => (step === undefined ? {} : { [STEP_HEADER]: step });

const csrfIn = (cookies = '') =>
  CSRF_COOKIES.map((cookie) => cookie.exec(cookies)?.[1]).find((token) => token !== undefined);
