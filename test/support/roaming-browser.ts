interface StoredCookie {
  readonly origin: string;
  readonly path: string;
  readonly name: string;
  readonly value: string;
}

/** A response, with the address that it came from. */
export interface RoamingResponse {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Largest number of redirects that `follow` follows. */
const MAX_REDIRECTS = 20;

/** A browser that visits several sites, follows redirects, and keeps the cookies of each site and path apart. */
export class RoamingBrowser {
  private cookies: StoredCookie[] = [];

  async fetch(url: string, init: RequestInit = {}): Promise<RoamingResponse> {
    const { origin, pathname } = new URL(url);
    const headers = new Headers(init.headers);
    const sent = this.cookies.filter((cookie) => cookie.origin === origin && isWithin(pathname, cookie.path));
    if (sent.length > 0) headers.set('cookie', sent.map(({ name, value }) => `${name}=${value}`).join('; '));
    const csrf = sent.find(({ name }) => name === 'authentik_csrf');
    if (csrf) headers.set('x-authentik-csrf', csrf.value);
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.store(origin, line);
    return { url, status: response.status, headers: response.headers, text: await response.text() };
  }

  /**
   * Opens an address and follows redirects. Ends at a response that does not redirect, or before an address that begins
   * with `until`, which is not opened. Returns the last address.
   */
  async follow(url: string, until?: string): Promise<string> {
    const visited: string[] = [];
    for (let at = url; visited.length < MAX_REDIRECTS; ) {
      if (until !== undefined && at.startsWith(until)) return at;
      visited.push(at);
      const location = (await this.fetch(at)).headers.get('location');
      if (location === null) return at;
      at = new URL(location, at).href;
    }
    throw new Error(`too many redirects: ${visited.join(' → ')}`);
  }

  private store(origin: string, line: string): void {
    const [pair = '', ...attributes] = line.split(/; */);
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    const attribute = (key: string) =>
      attributes.find((text) => text.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
    const path = attribute('path') ?? '/';
    this.cookies = this.cookies.filter((old) => !(old.origin === origin && old.name === name && old.path === path));
    const expires = attribute('expires');
    const isGone = attribute('max-age') === '0' || (expires !== undefined && Date.parse(expires) <= Date.now());
    if (!isGone) this.cookies.push({ origin, path, name, value });
  }
}

const isWithin = (pathname: string, path: string) =>
  pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
