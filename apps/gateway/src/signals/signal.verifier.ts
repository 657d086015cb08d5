import { secretsEqual } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import { GATEWAY_CONFIG } from '../gateway.config.js';
import type { SignalConfig, SignalTransmitter } from './signal.config.js';
import { SignalError } from './signal-error.js';
import { SignalKeys } from './signal-keys.js';

/** Allowed signature algorithms (RFC 7518 §3.1, RFC 8037). With an HMAC or `none`, anyone could sign. */
const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'];

/** A Security Event Token that its transmitter has signed for this deployment. */
export interface VerifiedToken {
  readonly claims: JWTPayload;
  readonly jti: string;
}

/** Verifies Security Event Tokens (RFC 8417), by the rules of the Shared Signals Framework 1.0 §4.1. */
@Injectable()
export class SignalVerifier {
  constructor(
    @Inject(SignalKeys) private readonly keys: SignalKeys,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<SignalConfig, 'SIGNAL_MAX_AGE_S' | 'SIGNAL_SKEW_S'>,
  ) {}

  /**
   * Throws SignalError `authentication_failed` if the transmitter's setting has a bearer token that the request lacks.
   */
  authenticate({ token }: SignalTransmitter, authorization: string | undefined): void {
    if (token === undefined) return;
    const [, given = ''] = /^bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    if (!secretsEqual(given, token))
      throw new SignalError('authentication_failed', 'The bearer token is missing or wrong.');
  }

  /**
   * Returns the verified token. Throws SignalError if the token is refused, and the Problem `signal_keys_away` if the
   * transmitter's keys cannot be fetched now.
   */
  async verify(token: string, transmitter: SignalTransmitter): Promise<VerifiedToken> {
    const { payload } = await this.verifySignature(token, transmitter, this.keys.of(transmitter));
    const { jti, sub, exp }: Record<string, unknown> = payload;
    if (typeof jti !== 'string' || jti === '')
      throw new SignalError('invalid_request', 'The claim jti is missing or is not a text.');
    if (sub !== undefined || exp !== undefined)
      throw new SignalError('invalid_request', 'A Security Event Token must not have the claims sub or exp.');
    return { claims: payload, jti };
  }

  private async verifySignature(token: string, { issuer, audience }: SignalTransmitter, keys: JWTVerifyGetKey) {
    const { SIGNAL_MAX_AGE_S: maxTokenAge, SIGNAL_SKEW_S: clockTolerance } = this.config;
    const options = {
      ...{ typ: 'secevent+jwt', algorithms: ALGORITHMS, issuer, audience, maxTokenAge, clockTolerance },
      requiredClaims: ['iss', 'aud', 'iat', 'jti'],
    };
    try {
      return await jwtVerify(token, keys, options).catch((error: unknown) => {
        if (error instanceof errors.JWKSMultipleMatchingKeys) return verifyWithEach(token, error, options);
        throw error;
      });
    } catch (error) {
      throw signalErrorOf(error);
    }
  }
}

/** Verifies a token without a `kid` (optional, RFC 7515 §4.1.4): tries each key of its type until one verifies it. */
async function verifyWithEach(token: string, keys: errors.JWKSMultipleMatchingKeys, options: JWTVerifyOptions) {
  for await (const key of keys) {
    try {
      return await jwtVerify(token, key, options);
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed || isUnusableKey(error))) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

const CLAIM_ERRORS = { iss: 'invalid_issuer', aud: 'invalid_audience' } as const;

/** Returns an error of jose as a SignalError. Returns other errors, such as a Problem, unchanged. */
function signalErrorOf(error: unknown): unknown {
  if (error instanceof errors.JWTClaimValidationFailed) {
    const code = error.claim === 'iss' || error.claim === 'aud' ? CLAIM_ERRORS[error.claim] : 'invalid_request';
    return new SignalError(code, `The claim ${error.claim} is missing or wrong.`);
  }
  if (error instanceof errors.JWTExpired) return new SignalError('invalid_request', 'The token is too old.');
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new SignalError('authentication_failed', 'The signature is wrong.');
  if (error instanceof errors.JWKSNoMatchingKey)
    return new SignalError('invalid_key', 'No key of the transmitter matches the token.');
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return new SignalError('invalid_key', 'The algorithm is not allowed.');
  if (error instanceof errors.JOSEError)
    return new SignalError('invalid_request', 'The body is no signed Security Event Token.');
  return isUnusableKey(error) ? new SignalError('invalid_key', 'The key is malformed or too short.') : error;
}

/** Returns whether jose or WebCrypto has refused a key: the key is malformed, or an RSA key of less than 2048 bits. */
const isUnusableKey = (error: unknown) => error instanceof TypeError || error instanceof DOMException;
