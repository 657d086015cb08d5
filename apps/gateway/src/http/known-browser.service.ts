import { createHmac, randomBytes } from 'node:crypto';
import type { SavedUser } from '@gatehouse/contracts';
import { secretsEqual } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { HttpExchange } from './exchange.js';
import { cookieAttributes } from './session-cookie.service.js';

/** Cookie that marks a browser for the users who have logged in with it (docs/spec/attempts.md#known-browsers). */
export const KNOWN_BROWSER_COOKIE = 'gatehouse_known';

/** Cookie that marks a browser as a device that user login stages remember (docs/spec/stages.md#known-device). */
export const DEVICE_COOKIE = 'authentik_device';

/** Largest number of users that one browser is marked for. A mark for one more user replaces the oldest mark. */
const MAX_MARKS = 5;
const ID_BYTES = 12;
const SEPARATOR = '~';
/**
 * A mark: the id of the browser for the user, its expiry in seconds since 1970, and the HMAC of the user, the id and
 * the expiry.
 */
const MARK = /^([\w-]{16})\.(\d{1,12})\.([\w-]{43})$/;

interface Mark {
  readonly id: string;
  readonly until: number;
  readonly mac: string;
}

/** The user of a mark. For a device, also the stage that remembers the device. */
type MarkedUser = Pick<SavedUser, 'uuid' | 'epoch'> & { readonly stage?: string };

/**
 * Marks browsers for users who log in with them. A mark grants nothing: it only separates the failures of a known
 * browser from those of other browsers, so that an attacker's failures cannot keep the user out. A mark ends with the
 * user's epoch.
 */
@Injectable()
export class KnownBrowserService {
  private readonly key: Buffer;
  private readonly lifetimeS: number;

  constructor(
    @Inject(GATEWAY_CONFIG)
    { SECRET_KEY, KNOWN_BROWSER_S }: Pick<GatewayConfig, 'SECRET_KEY' | 'KNOWN_BROWSER_S'>,
  ) {
    this.key = createHmac('sha256', SECRET_KEY).update('known browsers').digest();
    this.lifetimeS = KNOWN_BROWSER_S;
  }

  /** Returns the id that the browser has for the user; `undefined` if it has no valid mark. */
  idFor(cookie: string | undefined, user: MarkedUser, now = Date.now()): string | undefined {
    return marksIn(cookie).find((mark) => this.isOf(mark, user, now))?.id;
  }

  /**
   * Returns the value of the cookie after a login of the user. If the browser had a mark for the user already, the new
   * mark has the same id.
   */
  markedFor(cookie: string | undefined, user: MarkedUser, now = Date.now(), lifetimeS = this.lifetimeS): string {
    const seconds = Math.floor(now / 1000);
    const marks = marksIn(cookie).filter(({ until }) => until > seconds);
    const id = this.idFor(cookie, user, now) ?? randomBytes(ID_BYTES).toString('base64url');
    const until = seconds + lifetimeS;
    const own = { id, until, mac: this.macOf({ id, until }, user) };
    const others = marks.filter((mark) => !this.isOf(mark, user, now));
    return [own, ...others]
      .slice(0, MAX_MARKS)
      .map((mark) => `${mark.id}.${mark.until}.${mark.mac}`)
      .join(SEPARATOR);
  }

  /** Sets the cookie after a login of the user. */
  remember({ request, reply }: HttpExchange, user: MarkedUser): void {
    const value = this.markedFor(request.cookies[KNOWN_BROWSER_COOKIE], user);
    reply.setCookie(KNOWN_BROWSER_COOKIE, value, { ...cookieAttributes(request, false), maxAge: this.lifetimeS });
  }

  /** Returns whether the browser has a valid mark as a device of the user, from the same stage. */
  isDevice(cookie: string | undefined, user: MarkedUser & { readonly stage: string }, now = Date.now()): boolean {
    return this.idFor(cookie, user, now) !== undefined;
  }

  /** Sets the cookie of devices after a login at a stage that remembers the browser for this time. */
  rememberDevice(
    { request, reply }: HttpExchange,
    user: MarkedUser,
    { stage, remember_s }: { readonly stage: string; readonly remember_s: number },
  ): void {
    const now = Date.now();
    const marked = { uuid: user.uuid, epoch: user.epoch, stage };
    const value = this.markedFor(request.cookies[DEVICE_COOKIE], marked, now, Math.floor(remember_s));
    // The cookie lasts as long as its longest mark, because marks of other users and stages must stay.
    const maxAge = Math.max(...marksIn(value).map(({ until }) => until)) - Math.floor(now / 1000);
    reply.setCookie(DEVICE_COOKIE, value, { ...cookieAttributes(request, false), maxAge });
  }

  private isOf(mark: Mark, user: MarkedUser, now: number): boolean {
    return mark.until * 1000 > now && secretsEqual(mark.mac, this.macOf(mark, user));
  }

  private macOf({ id, until }: Omit<Mark, 'mac'>, { uuid, epoch, stage }: MarkedUser): string {
    const scope = stage === undefined ? '' : ` device ${stage}`;
    return createHmac('sha256', this.key).update(`${id} ${until} ${uuid} ${epoch}${scope}`).digest('base64url');
  }
}

function marksIn(cookie = ''): Mark[] {
  return cookie.split(SEPARATOR, MAX_MARKS).flatMap((text) => {
    const [, id, until, mac] = MARK.exec(text) ?? [];
    return id && until && mac ? [{ id, until: Number(until), mac }] : [];
  });
}
