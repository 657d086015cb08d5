/** Cookies of one server. Stores the session, so its text is as secret as a password. */
export class CookieJar {
  #origin;
  #cookies;

  /** `stored` is the text of an earlier jar of the same server. */
  constructor(origin, stored = {}) {
    this.#origin = origin;
    this.#cookies = new Map(Object.entries(stored));
  }

  getCookieString(url) {
    if (new URL(url).origin !== this.#origin) return '';
    const live = [...this.#cookies].filter(([, { expires }]) => expires === null || expires > Date.now());
    return live.map(([name, { value }]) => `${name}=${value}`).join('; ');
  }

  /**
   * Stores one value of Set-Cookie. Each cookie of Gatehouse is valid for the whole server, so only its lifetime is
   * parsed, and no other attribute.
   */
  setCookie(line, url) {
    if (new URL(url).origin !== this.#origin) return;
    const [pair, ...attributes] = line.split(/; */);
    const end = pair.indexOf('=');
    if (end < 1) return;
    const expires = expiryOf(attributes);
    if (expires !== null && expires <= Date.now()) this.#cookies.delete(pair.slice(0, end));
    else this.#cookies.set(pair.slice(0, end), { value: pair.slice(end + 1), expires });
  }

  toJSON() {
    return Object.fromEntries(this.#cookies);
  }
}

/**
 * Returns the time at which a cookie expires, or null for a session cookie. Max-Age precedes Expires (RFC 6265 §5.3).
 */
function expiryOf(attributes) {
  const values = new Map(
    attributes.map((text) => [text.split('=', 1)[0].toLowerCase(), text.slice(text.indexOf('=') + 1)]),
  );
  if (values.has('max-age')) return Date.now() + Number(values.get('max-age')) * 1000;
  return values.has('expires') ? Date.parse(values.get('expires')) : null;
}
