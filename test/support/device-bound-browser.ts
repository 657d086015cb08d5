import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Browser, type BrowserResponse } from './browser.js';

/** A session in the store of the browser. */
interface DeviceBoundSession {
  readonly id: string;
  readonly refreshUrl: string;
  /** Name of the cookie that requests need. */
  readonly cookie: string;
}

type Algorithm = 'ES256' | 'RS256';

/** Matches a list of RFC 9651 with one inner list and its string parameters. */
const REGISTRATION = /^\((?<algorithms>[A-Z0-9 ]+)\);path="(?<path>[^"]*)";challenge="(?<challenge>[^"]*)"$/;
const CHALLENGE = /^"(?<challenge>[^"]*)";id="(?<id>[^"]*)"$/;

/**
 * A browser that supports Device Bound Session Credentials: it registers a session when a response offers it, and renews
 * the bound cookie before a request that lacks it (“Process session registration”, “Identify session needing refresh”,
 * “Send request” and “Create session” of the draft). The key of the device is in memory.
 */
export class DeviceBoundBrowser extends Browser {
  session: DeviceBoundSession | undefined;
  /** Statuses of the registration and refresh requests. */
  readonly statuses: number[] = [];
  /** The last proof that was sent. */
  proof = '';
  private challenge: string | undefined;
  private privateKey: CryptoKey | undefined;

  constructor(
    base: string | readonly string[],
    readonly algorithm: Algorithm = 'ES256',
  ) {
    super(base);
  }

  override async fetch(path: string, init: RequestInit = {}): Promise<BrowserResponse> {
    if (this.session && this.cookie(this.session.cookie) === undefined) await this.refresh();
    const response = await super.fetch(path, init);
    this.cacheChallenge(response);
    await this.register(response);
    return response;
  }

  /**
   * Sends a request without renewing the bound cookie first. Its header `Secure-Session-Skipped` says that the browser
   * could not reach the site for the renewal (“Secure-Session-Skipped HTTP header field” of the draft).
   */
  fetchWithoutRefresh(path: string): Promise<BrowserResponse> {
    const skipped = `unreachable;session_identifier="${this.session!.id}"`;
    return super.fetch(path, { headers: { 'secure-session-skipped': skipped, accept: 'text/html,application/json' } });
  }

  /** Deletes the bound cookie, as a browser does when the cookie expires. */
  endBoundCookie(): void {
    this.plant(undefined, this.session?.cookie);
  }

  /** Sends a refresh request, which may contain a proof. */
  send(path: string, proof: string | undefined, id?: string): Promise<BrowserResponse> {
    const headers = {
      ...(proof !== undefined && { 'secure-session-response': `"${proof}"` }),
      ...(id !== undefined && { 'sec-secure-session-id': `"${id}"` }),
    };
    return super.fetch(path, { method: 'POST', headers });
  }

  /** Returns a proof of the challenge. `header` replaces members of the proof's header. */
  async sign(challenge: string, header: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const protectedHeader = { typ: 'dbsc+jwt', alg: this.algorithm, ...header };
    return new SignJWT({ jti: challenge }).setProtectedHeader(protectedHeader).sign(this.privateKey!);
  }

  /** Creates a device key. Returns a proof of the challenge that contains the public key. */
  async signWithNewKey(challenge: string): Promise<string> {
    const { publicKey, privateKey } = await generateKeyPair(this.algorithm, { extractable: true });
    this.privateKey = privateKey;
    return this.sign(challenge, { jwk: await exportJWK(publicKey) });
  }

  /** Asks for a challenge. */
  async askForChallenge({ id, refreshUrl } = this.session!): Promise<string> {
    this.cacheChallenge(await this.send(refreshUrl, undefined, id));
    return this.challenge!;
  }

  /** Renews the bound cookie. A response with 403 has a challenge for the next attempt. */
  async refresh(attempts = 2): Promise<void> {
    const { id, refreshUrl } = this.session!;
    this.proof = this.challenge === undefined ? '' : await this.sign(this.challenge);
    const response = await this.send(refreshUrl, this.proof || undefined, id);
    this.challenge = undefined;
    this.cacheChallenge(response);
    this.statuses.push(response.status);
    if (response.status === 403 && attempts > 0) return this.refresh(attempts - 1);
    if (response.status < 500 && response.status !== 429) this.create(response, id);
  }

  private async register({ headers }: BrowserResponse): Promise<void> {
    const { algorithms, path, challenge } =
      REGISTRATION.exec(headers.get('secure-session-registration') ?? '')?.groups ?? {};
    if (!path || !challenge || !algorithms?.split(' ').includes(this.algorithm)) return;
    this.proof = await this.signWithNewKey(challenge);
    const response = await this.send(path, this.proof);
    this.statuses.push(response.status);
    this.create(response);
  }

  /** Creates the session of a response, or ends the session `id` if the response does not continue it. */
  private create({ status, body }: BrowserResponse, id?: string): void {
    const { session_identifier, refresh_url, credentials } = body as Record<string, unknown>;
    const [credential] = (credentials ?? []) as { readonly name: string }[];
    const isValid = status === 200 && body['continue'] !== false && (id === undefined || id === session_identifier);
    if (isValid && credential && this.cookie(credential.name) !== undefined)
      this.session = { id: String(session_identifier), refreshUrl: String(refresh_url), cookie: credential.name };
    else if (id !== undefined) this.session = undefined;
  }

  private cacheChallenge({ headers }: BrowserResponse): void {
    const { challenge, id } = CHALLENGE.exec(headers.get('secure-session-challenge') ?? '')?.groups ?? {};
    if (id !== undefined && id === this.session?.id) this.challenge = challenge;
  }
}
