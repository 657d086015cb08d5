import { createHmac } from 'node:crypto';
import { randomToken } from '@gatehouse/executor';
import { secretsEqual } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

/** Number of characters of the random part, which are letters and digits: 131 bits. */
const RANDOM_LENGTH = 22;
/** Number of characters of the MAC in base64url: 126 bits. */
const MAC_LENGTH = 21;

/**
 * Issues the cookies of sites. A cookie ends in a MAC of its random part and its site, so that made-up cookies are
 * refused without a database statement.
 */
@Injectable()
export class ForwardCookieSigner {
  private readonly key: Buffer;

  constructor(@Inject(GATEWAY_CONFIG) { SECRET_KEY }: Pick<GatewayConfig, 'SECRET_KEY'>) {
    this.key = createHmac('sha256', SECRET_KEY).update('forward auth cookies').digest();
  }

  /** Returns a new cookie for the site at an origin. */
  issue(origin: string): string {
    const random = randomToken(RANDOM_LENGTH);
    return random + this.macOf(origin, random);
  }

  /** Returns whether a cookie was issued for the site at an origin. The session of the cookie may have ended since. */
  isIssued(origin: string, cookie: string): boolean {
    const random = cookie.slice(0, RANDOM_LENGTH);
    return secretsEqual(cookie.slice(RANDOM_LENGTH), this.macOf(origin, random));
  }

  private macOf(origin: string, random: string): string {
    return createHmac('sha256', this.key).update(`${origin} ${random}`).digest('base64url').slice(0, MAC_LENGTH);
  }
}
