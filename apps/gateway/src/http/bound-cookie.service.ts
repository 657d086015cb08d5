import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { boundSessionKey } from '@gatehouse/executor';
import { secretsEqual } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { cookieValues } from './cookie-header.js';
import type { HttpExchange } from './exchange.js';

/** The cookie that a browser gets for a proof of its device, for a few minutes. Only the host itself can set it. */
export const BOUND_COOKIE = '__Host-gatehouse_bound';

/** Attributes of the bound cookie. A browser compares them with those in the session instructions. */
export const BOUND_COOKIE_ATTRIBUTES = { path: '/', secure: true, httpOnly: true, sameSite: 'lax' } as const;

/** What a token is for. A token for one purpose is invalid for another. */
type Purpose = 'cookie' | 'registration' | 'refresh';

/** A token: its subject, its expiry in seconds since 1970, and the HMAC of the purpose, the subject and the expiry. */
const TOKEN = /^([\w-]{1,64})\.(\d{1,12})\.([\w-]{43})$/;

/** The id of a session in the header Secure-Session-Skipped, a list of RFC 9651. */
const SKIPPED_ID = /session_identifier="([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"/g;
/**
 * Largest number of session ids of that header that are looked up. A browser normally has one session at this site, and
 * a second one for a short time.
 */
const MAX_SKIPPED = 4;

/** Issues and reads the tokens of device-bound sessions, which every gateway can check without a database. */
@Injectable()
export class BoundCookieService {
  private readonly key: Buffer;

  constructor(@Inject(GATEWAY_CONFIG) { SECRET_KEY }: Pick<GatewayConfig, 'SECRET_KEY'>) {
    this.key = createHmac('sha256', SECRET_KEY).update('device-bound sessions').digest();
  }

  /** Returns a token for the subject, valid for this many seconds. The subject consists of `\w` and `-`. */
  issue(purpose: Purpose, subject: string, lifetimeS: number, now = Date.now()): string {
    const until = Math.floor(now / 1000) + lifetimeS;
    return `${subject}.${until}.${this.macOf(purpose, subject, String(until))}`;
  }

  /** Returns the subject of a token; `undefined` if the token is forged, has expired or is for another purpose. */
  read(purpose: Purpose, token: string, now = Date.now()): string | undefined {
    const [, subject = '', until = '', mac = ''] = TOKEN.exec(token) ?? [];
    if (!(Number(until) * 1000 > now)) return undefined;
    return secretsEqual(mac, this.macOf(purpose, subject, until)) ? subject : undefined;
  }

  /** Sets the bound cookie of a session. */
  set({ reply }: Pick<HttpExchange, 'reply'>, sessionId: string, maxAge: number): void {
    reply.setCookie(BOUND_COOKIE, this.issue('cookie', sessionId, maxAge), { ...BOUND_COOKIE_ATTRIBUTES, maxAge });
  }

  /** Returns the id of the session in the request's bound cookie; `undefined` without a valid one. */
  private sessionIn(header: string | undefined): string | undefined {
    const [value] = cookieValues(header, BOUND_COOKIE);
    return value === undefined ? undefined : this.read('cookie', value);
  }

  /**
   * Returns the keys under which the session of a request may be stored: `keys`, and, if the request has a valid bound
   * cookie, for each of them the key of a bound session (docs/spec/device-bound-sessions.md#session-key).
   */
  storedKeys(keys: readonly Buffer[], header: string | undefined): Buffer[] {
    const sessionId = keys.length > 0 ? this.sessionIn(header) : undefined;
    return sessionId === undefined ? [...keys] : keys.flatMap((key) => [boundSessionKey(key, sessionId), key]);
  }

  /**
   * Returns the keys under which the session of a request is stored if the browser reports, in Secure-Session-Skipped,
   * that it has not renewed the bound cookie. Empty if the request has a valid bound cookie
   * (docs/spec/device-bound-sessions.md#refreshes-that-wait).
   */
  skippedKeys(keys: readonly Buffer[], headers: IncomingHttpHeaders): Buffer[] {
    const header = headers['secure-session-skipped'];
    if (header === undefined || this.sessionIn(headers.cookie) !== undefined) return [];
    const ids = [...String(header).matchAll(SKIPPED_ID)].slice(0, MAX_SKIPPED);
    return keys.flatMap((key) => ids.map(([, id = '']) => boundSessionKey(key, id)));
  }

  private macOf(purpose: Purpose, subject: string, until: string): string {
    return createHmac('sha256', this.key).update(`${purpose} ${subject} ${until}`).digest('base64url');
  }
}
