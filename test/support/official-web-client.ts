import { ChallengeTypesFromJSON } from '@goauthentik/api';
import type { Browser } from './browser.js';
import { PageSocket } from './page-socket.js';

/** Headers of a request by the script of a page. */
const SCRIPT = {
  ...{ accept: '*/*', 'sentry-trace': '' },
  ...{ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
};
/** Headers of a request for a document. */
const DOCUMENT = {
  ...{ accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'upgrade-insecure-requests': '1' },
  ...{ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
};
const FLOW_PAGE = /^\/if\/flow\/([^/]+)\/$/;
/** The flow page asks for these settings twice: for its loading indicator, and for the flow. */
const SETTINGS = ['root/config/', 'core/brands/current/', 'root/config/', 'core/brands/current/'];

/** A challenge as the page receives it. */
export interface ShownChallenge {
  readonly component: string;
  readonly [field: string]: unknown;
}

/**
 * The requests of one visitor who uses the web client of authentik 2024.8.2, as recorded in Chromium from that client,
 * built from its source and served in front of the gateway. The client has its own page at `/if/flow/<slug>/`. This page
 * asks for the settings, opens the WebSocket and asks for the challenge, all at once. It sends the CSRF cookie, or an empty
 * text, in a header. It answers with the fields of its form and the component of the challenge, repeats its whole query
 * each time, and follows `xak-flow-redirect` by itself. Links are followed as a browser follows them.
 */
export class OfficialWebClient {
  /** Path and query of the document that the visitor sees, or the address of a page on another site. */
  address = '';
  challenge: ShownChallenge = { component: '' };
  /** The WebSocket of the flow page. */
  socket: PageSocket | undefined;

  /** `url` is the address of the gateway. */
  constructor(
    readonly browser: Browser,
    private readonly url: string,
  ) {}

  /** Opens an address that the visitor has typed, or has followed from a mail program. */
  go(address: string): Promise<void> {
    return this.load(address, { 'sec-fetch-site': 'none', 'sec-fetch-user': '?1' });
  }

  /** Follows a link of the page. */
  click(address: string): Promise<void> {
    return this.load(address, { ...this.fromPage, 'sec-fetch-site': 'same-origin', 'sec-fetch-user': '?1' });
  }

  /** Sends the form of the current challenge. */
  async submit(fields: Readonly<Record<string, unknown>>): Promise<void> {
    const body = JSON.stringify({ ...fields, component: this.challenge.component });
    await this.show(await this.ask(this.executor, { method: 'POST', body, 'content-type': 'application/json' }));
  }

  /** Closes the WebSocket, as leaving the page does. */
  async leave(): Promise<void> {
    await this.socket?.close();
    this.socket = undefined;
  }

  /** Throws if the client cannot read a challenge. */
  protected check(challenge: ShownChallenge): void {
    ChallengeTypesFromJSON(challenge);
  }

  private async load(address: string, headers: Readonly<Record<string, string>>): Promise<void> {
    await this.leave();
    const { origin, pathname, search, href } = new URL(address, this.url);
    if (origin !== this.url) {
      this.address = href;
      return;
    }
    this.address = pathname + search;
    if (FLOW_PAGE.test(pathname)) return this.open();
    const { headers: answered } = await this.browser.fetch(this.address, { headers: { ...DOCUMENT, ...headers } });
    const location = answered.get('location');
    if (location !== null) await this.load(location, headers);
  }

  private async open(): Promise<void> {
    const [challenge] = await Promise.all([
      this.ask(this.executor),
      this.connect(),
      ...SETTINGS.map((path) => this.ask(`/api/v3/${path}`)),
    ]);
    await this.show(challenge);
  }

  private async connect(): Promise<void> {
    const key = this.browser.cookie();
    this.socket = await PageSocket.open(this.url, {
      deflate: true,
      ...(key === undefined ? {} : { cookie: `authentik_session=${key}` }),
    });
  }

  private async ask(path: string, { method = 'GET', body, ...headers }: Readonly<Record<string, string>> = {}) {
    const csrf = { 'x-authentik-csrf': this.browser.cookie('authentik_csrf') ?? '' };
    const { status, text } = await this.browser.fetch(path, {
      ...{ method, headers: { ...SCRIPT, ...csrf, ...this.fromPage, ...headers } },
      ...(body === undefined ? {} : { body }),
    });
    return { isSuccess: status === 200, text };
  }

  private async show({ isSuccess, text }: { readonly isSuccess: boolean; readonly text: string }): Promise<void> {
    // The page shows the body of a refused request as an error.
    this.challenge = isSuccess
      ? (JSON.parse(text) as ShownChallenge)
      : { component: 'ak-stage-flow-error', error: text };
    if (isSuccess) this.check(this.challenge);
    const { component, to } = this.challenge;
    if (component === 'xak-flow-redirect')
      await this.load(String(to), { ...this.fromPage, 'sec-fetch-site': 'same-origin' });
  }

  private get executor(): string {
    const { pathname, search } = new URL(this.address, this.url);
    const [, slug] = FLOW_PAGE.exec(pathname) ?? [];
    return `/api/v3/flows/executor/${slug}/?query=${encodeURIComponent(search.slice(1))}`;
  }

  /** Headers that say from which page a request comes. */
  private get fromPage() {
    return { referer: this.url + this.address };
  }
}
