/** The cookies of one visitor at one site. */
export class CookieJar {
  private readonly cookies = new Map<string, string>();

  get(name: string): string | undefined {
    return this.cookies.get(name);
  }

  /** Returns the value of the header `Cookie`; empty without cookies. */
  get header(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Stores the cookies of a response. Deletes a cookie if the response says that it has expired. */
  store(setCookies: readonly string[] = []): void {
    for (const line of setCookies) {
      const [pair = '', ...attributes] = line.split(';');
      const end = pair.indexOf('=');
      const name = pair.slice(0, end).trim();
      if (attributes.some(isExpired)) this.cookies.delete(name);
      else this.cookies.set(name, pair.slice(end + 1).trim());
    }
  }
}

function isExpired(attribute: string): boolean {
  const [name = '', value = ''] = attribute.trim().split('=', 2);
  if (name.toLowerCase() === 'max-age') return Number(value) <= 0;
  return name.toLowerCase() === 'expires' && Date.parse(value) <= Date.now();
}
