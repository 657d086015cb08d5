/** One visitor: sends what a browser would, and keeps the cookies it is given. */
export class Browser {
  private readonly cookies = new Map<string, string>();

  /** `csrf`: whether its pages repeat the token of their cookie; `languages`: what it asks for, as the header has it. */
  constructor(
    private readonly base: string,
    private readonly pages: { readonly csrf?: boolean; readonly languages?: string | undefined } = {},
  ) {}

  /** The current challenge of a flow. */
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
    const { csrf: repeats = true, languages } = this.pages;
    if (languages !== undefined) headers.set('accept-language', languages);
    const csrf = repeats && this.cookies.get('authentik_csrf');
    if (csrf && !headers.has('x-authentik-csrf')) headers.set('x-authentik-csrf', csrf);
    const response = await fetch(this.base + path, { ...init, headers, redirect: 'manual' });
    const setCookies = response.headers.getSetCookie();
    for (const line of setCookies) this.keep(line);
    const text = await response.text();
    return { status: response.status, headers: response.headers, setCookies, text, body: parsed(text) };
  }

  cookie(name = 'authentik_session'): string | undefined {
    return this.cookies.get(name);
  }

  /** Takes on a cookie from elsewhere, or forgets one. */
  plant(value: string | undefined, name = 'authentik_session'): void {
    if (value === undefined) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }

  private executor(slug: string, query: string): string {
    return `/api/v3/flows/executor/${slug}/?query=${encodeURIComponent(query)}`;
  }

  private keep(line: string) {
    const [pair = ''] = line.split(';', 1);
    const end = pair.indexOf('=');
    this.cookies.set(pair.slice(0, end), pair.slice(end + 1));
  }
}

/** Who is logged in to a browser's session; undefined for an anonymous visitor. */
export async function usernameOf(browser: Browser): Promise<string | undefined> {
  const { body } = await browser.fetch('/api/v3/core/users/me/');
  return (body['user'] as { username?: string } | undefined)?.username;
}

export interface BrowserResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly setCookies: readonly string[];
  readonly text: string;
  /** The answer as JSON; empty when it is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
