import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { bearerToken, endpointName, jsonSetting } from '@gatehouse/platform';
import type { JWK } from 'jose';
import { z } from 'zod';
import { EVENT_NAMES } from './signal-event.js';

/** Largest number of transmitters, of the domains of one transmitter, and of the keys in its `jwks`. */
const [MAX_TRANSMITTERS, MAX_DOMAINS, MAX_KEYS] = [20, 100, 20];

const whole = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Smallest size of an RSA key in bits (RFC 7518 §3.3). */
const MIN_RSA_BITS = 2048;

/**
 * Returns whether a key can verify signatures. False if the key lacks a parameter, names an unknown curve or is too
 * short.
 */
function isUsable(jwk: JsonWebKey): boolean {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return (key.asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS) >= MIN_RSA_BITS;
  } catch {
    return false;
  }
}

/** A public key (RFC 7517). A secret key in the setting would be a mistake of the operator, so it is refused. */
const publicKey = z
  .looseObject({ kty: z.enum(['EC', 'RSA', 'OKP']) })
  .refine((key) => !('d' in key), 'must be public keys')
  .refine(isUsable, `must be well-formed keys, those of RSA with ${MIN_RSA_BITS} bits or more`)
  .transform((key): JWK => key);

const transmitter = z
  .strictObject({
    name: endpointName,
    /** The `iss` of the transmitter's tokens. */
    issuer: z.url({ protocol: /^https?$/ }).max(2048),
    /** The `aud` of the tokens that are meant for this deployment. */
    audience: z.string().min(1).max(2048),
    jwks_uri: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .optional(),
    jwks: z.strictObject({ keys: z.array(publicKey).min(1).max(MAX_KEYS) }).optional(),
    /** Bearer token that the transmitter sends in addition. */
    token: bearerToken.optional(),
    /** Slug of the source at which the transmitter's users log in. */
    source: z.string().min(1).max(50).optional(),
    /** The `iss` of the subjects, if it differs from the issuer of the tokens. */
    subject_issuer: z.string().min(1).max(2048).optional(),
    /** Domains of the verified email addresses of the transmitter's users. */
    domains: z
      .array(z.string().regex(/^[a-z0-9.-]{1,253}$/, 'must be a domain in lower case'))
      .max(MAX_DOMAINS)
      .default([]),
    /** Events that have an effect. Default: all events that Gatehouse knows. */
    events: z.array(z.enum(EVENT_NAMES)).min(1).optional(),
    /** Whether the transmitter may deactivate users. If not, `account-disabled` only ends their sessions. */
    may_deactivate: z.boolean().default(false),
  })
  .refine(
    ({ jwks, jwks_uri: uri }) => (jwks === undefined) !== (uri === undefined),
    'needs either `jwks` or `jwks_uri`',
  )
  .refine(({ source, domains }) => source !== undefined || domains.length > 0, 'needs a `source` or `domains`')
  .transform(({ events, ...rest }) => ({ ...rest, events: new Set(events ?? EVENT_NAMES) }));

/** A transmitter of security events that Gatehouse accepts. */
export type SignalTransmitter = z.output<typeof transmitter>;

const transmitters = z
  .array(transmitter)
  .max(MAX_TRANSMITTERS)
  .refine(
    (list) => new Set(list.map(({ name }) => name)).size === list.length,
    'has two transmitters of the same name',
  );

/** Settings of the receiver of security events. */
export const signalConfig = z.object({
  SIGNAL_TRANSMITTERS: jsonSetting('must be a list of transmitters in JSON')
    .pipe(transmitters)
    .prefault('[]')
    .describe(
      `Transmitters whose security events are accepted, a list in JSON of at most ${MAX_TRANSMITTERS} objects ([shared signals](../how-to/shared-signals.md#receive)). It contains secrets`,
    ),
  SIGNAL_BYTES: whole(16 * 1024, 1024, 64 * 1024).describe(
    'Largest received Security Event Token; a larger one gets 413',
  ),
  SIGNAL_MAX_AGE_S: whole(7 * 86_400, 60, 30 * 86_400).describe(
    'Age in seconds from which a received Security Event Token is refused. Its `jti` is stored for the same time, so that no token has an effect twice',
  ),
  SIGNAL_SKEW_S: whole(60, 0, 600).describe(
    'Seconds by which the clock of a transmitter may be ahead. A Security Event Token that was issued later than that is refused',
  ),
});
export type SignalConfig = z.output<typeof signalConfig>;
