/** The browser of one visitor. Sends the headers of a browser and stores cookies. */
export class Browser {
  private readonly bases: readonly string[];
  private requests = 0;

  /**
   * `csrf`: whether requests repeat the CSRF cookie in a header. `languages`: value of the header Accept-Language.
   * `complete`: whether requests ask for all fields of challenges.
   */
  constructor(
    base: string | readonly string[],
    private readonly options: {
      readonly csrf?: boolean;
      readonly languages?: string | undefined;
      readonly complete?: boolean;
    } = {},
    private readonly cookies = new Map<string, string>(),
  ) {
    this.bases = [base].flat();
  }

  /** Returns the same browser at other gateways, which get its requests in turn. Cookies are the same at all ports. */
  at(...gateways: readonly string[]): Browser {
    return new Browser(gateways, this.options, this.cookies);
  }

  /** Returns the same browser, which asks for all fields of challenges. */
  complete(): Browser {
    return new Browser(this.bases, { ...this.options, complete: true }, this.cookies);
  }

  /** Returns the current challenge of a flow. */
  show(slug: string, query = ''): Promise<BrowserResponse> {
    return this.fetch(this.executor(slug, query));
  }

  /** Answers the current challenge of a flow. */
  solve(slug: string, body: unknown, query = ''): Promise<BrowserResponse> {
    return this.post(slug, JSON.stringify(body), { query });
  }

  /** Posts raw text to the executor. */
  post(slug: string, body: string, { query = '', type = 'application/json' } = {}): Promise<BrowserResponse> {
    return this.fetch(this.executor(slug, query), { method: 'POST', headers: { 'content-type': type }, body });
  }

  async fetch(path: string, init: RequestInit = {}): Promise<BrowserResponse> {
    const headers = new Headers(init.headers);
    if (this.cookies.size > 0)
      headers.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const { csrf: repeatsToken = true, languages, complete } = this.options;
    if (languages !== undefined) headers.set('accept-language', languages);
    if (complete) headers.set('x-gatehouse-fields', 'complete');
    const csrf = repeatsToken && this.cookies.get('authentik_csrf');
    if (csrf && !headers.has('x-authentik-csrf')) headers.set('x-authentik-csrf', csrf);
    const base = this.bases[this.requests++ % this.bases.length]!;
    const response = await fetch(base + path, { ...init, headers, redirect: 'manual' });
    const setCookies = response.headers.getSetCookie();
    for (const line of setCookies) this.store(line);
    const text = await response.text();
    return { status: response.status, headers: response.headers, setCookies, text, body: parseJson(text) };
  }

  cookie(name = 'authentik_session'): string | undefined {
    return this.cookies.get(name);
  }

  /** Sets a cookie to `value`, such as one from another browser. Deletes the cookie if `value` is `undefined`. */
  plant(value: string | undefined, name = 'authentik_session'): void {
    if (value === undefined) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }

  private executor(slug: string, query: string): string {
    return `/api/v3/flows/executor/${slug}/?query=${encodeURIComponent(query)}`;
  }

  private store(line: string) {
    const [pair = ''] = line.split(';', 1);
    const end = pair.indexOf('=');
    this.cookies.set(pair.slice(0, end), pair.slice(end + 1));
  }
}

/** Returns the user who is logged in, or `undefined` for an anonymous visitor. */
export async function usernameOf(browser: Browser): Promise<string | undefined> {
  const { body } = await browser.fetch('/api/v3/core/users/me/');
  return (body['user'] as { username?: string } | undefined)?.username;
}

export interface BrowserResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly setCookies: readonly string[];
  readonly text: string;
  /** The parsed JSON body. An empty object if the body is not JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
