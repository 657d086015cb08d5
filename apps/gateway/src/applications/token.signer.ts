import { type PublicJwk, reportKeys, SIGNING_ALGORITHM, SigningKeys } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { createLocalJWKSet, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

/** Issuer, audience, subject and lifetime (in seconds) of a token. */
interface TokenHeader {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  readonly lifetimeS: number;
}

/** Signs tokens for applications with the keys of JWT_SIGNING_KEYS, and recognises them. */
@Injectable()
export class TokenSigner {
  private readonly keys: SigningKeys | undefined;
  /** The public keys of all signing keys; none if JWT_SIGNING_KEYS is not set. */
  readonly publicKeys: readonly PublicJwk[];

  constructor(@Inject(GATEWAY_CONFIG) { JWT_SIGNING_KEYS: keys }: Pick<GatewayConfig, 'JWT_SIGNING_KEYS'>) {
    this.keys = keys === undefined ? undefined : new SigningKeys(keys);
    this.publicKeys = this.keys?.publicKeys ?? [];
    if (this.keys) reportKeys('JWT_SIGNING_KEYS', this.keys, { current: 'sign', other: 'verify' });
  }

  get canSign(): boolean {
    return this.keys !== undefined;
  }

  /**
   * Returns a signed JWT with `iss`, `aud`, `sub`, `iat`, `exp` and these claims. Returns undefined if JWT_SIGNING_KEYS is
   * not set.
   */
  async sign(claims: JWTPayload, header: TokenHeader): Promise<string | undefined> {
    if (!this.keys) return undefined;
    return new SignJWT(claims)
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: this.keys.currentKeyId, typ: 'JWT' })
      .setIssuer(header.issuer)
      .setAudience(header.audience)
      .setSubject(header.subject)
      .setIssuedAt()
      .setExpirationTime(`${header.lifetimeS}s`)
      .sign(this.keys.currentKey);
  }

  /**
   * Returns the subject of a token that one of the keys has signed with this issuer and audience, whether it has expired
   * or not. Returns undefined for any other text.
   */
  async subjectOf(
    token: string,
    { issuer, audience }: Pick<TokenHeader, 'issuer' | 'audience'>,
  ): Promise<string | undefined> {
    const keys = createLocalJWKSet({ keys: [...this.publicKeys] });
    // Verifies as of 1970, when no token has expired, so that jose accepts expired tokens too.
    const currentDate = new Date(0);
    try {
      return (await jwtVerify(token, keys, { algorithms: [SIGNING_ALGORITHM], issuer, audience, currentDate })).payload
        .sub;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}
