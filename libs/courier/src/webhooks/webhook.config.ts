import { bearerToken, endpointName, jsonSetting } from '@gatehouse/platform';
import { z } from 'zod';
import { SIGNALLED_ACTIONS } from './security-event.js';

/** Largest number of endpoints. Each endpoint adds time series to the metrics, and queries to the database. */
const MAX_ENDPOINTS = 20;
/** Largest number of secrets of one endpoint. Each secret adds a signature to every message. */
const MAX_SECRETS = 3;
/** Prefix of a secret in the specification Standard Webhooks. */
const SECRET_PREFIX = 'whsec_';
/** Allowed sizes of a secret in bytes, by the same specification. */
const SECRET_BYTES = { min: 24, max: 64 };

const whole = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

const keyOf = (secret: string): Buffer => Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');

function isSecret(text: string): boolean {
  const { length } = keyOf(text);
  const isEncoded = text.startsWith(SECRET_PREFIX) && z.base64().safeParse(text.slice(SECRET_PREFIX.length)).success;
  return isEncoded && length >= SECRET_BYTES.min && length <= SECRET_BYTES.max;
}

/** Schema of a secret. The parsed value is the key for signatures. */
const secret = z
  .string()
  .refine(isSecret, `must be ${SECRET_PREFIX} and the base64 of ${SECRET_BYTES.min} to ${SECRET_BYTES.max} bytes`)
  .transform(keyOf);

/** A receiver that gets Security Event Tokens (RFC 8935) in place of signed CloudEvents. */
const securityEventTokens = z.strictObject({
  /** Issuer of the receiver's ID tokens, which contain the ids of its users. */
  issuer: z.url({ protocol: /^https?$/ }).max(2048),
  audience: z.string().min(1).max(2048),
  /** Bearer token that the receiver expects. */
  token: bearerToken.optional(),
});

const endpoint = z
  .strictObject({
    name: endpointName,
    url: z
      .string()
      .max(2048)
      .refine((text) => URL.canParse(text), 'must be a URL')
      .transform((text) => new URL(text)),
    /**
     * Secrets of the endpoint, the newest first. Each message has a signature by each secret, so that the receiver can
     * switch to a new one at any time.
     */
    secrets: z.array(secret).min(1).max(MAX_SECRETS).optional(),
    set: securityEventTokens.optional(),
    /** Actions of the events that are delivered to the endpoint. Absent: all events. */
    actions: z.array(z.string().min(1).max(64)).min(1).max(200).optional(),
    /** `false`: no new events are queued for the endpoint, and its waiting deliveries stay in the queue. */
    enabled: z.boolean().default(true),
  })
  .refine(({ secrets, set }) => (secrets === undefined) !== (set === undefined), 'needs either `secrets` or `set`')
  .refine(
    ({ set, actions = [] }) => !set || actions.every((action) => SIGNALLED_ACTIONS.has(action)),
    'has an action that is no security event',
  )
  .transform(({ secrets, actions, set, ...rest }) => ({
    ...rest,
    keys: secrets ?? [],
    ...(set && { set }),
    actions: actions ? new Set(actions) : set && SIGNALLED_ACTIONS,
  }));

/** A webhook endpoint, to which audit events are delivered. */
export type WebhookEndpoint = z.output<typeof endpoint>;

const endpoints = z
  .array(endpoint)
  .max(MAX_ENDPOINTS)
  .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'has two endpoints of the same name');

/** Settings of the delivery to webhook endpoints. */
export const webhookSettings = z.object({
  WEBHOOKS: jsonSetting('must be a list of endpoints in JSON')
    .pipe(endpoints)
    .prefault('[]')
    .describe(
      `Webhook endpoints that get audit events, a list in JSON of at most ${MAX_ENDPOINTS} objects with \`name\`, \`url\`, \`secrets\` or \`set\`, and optionally \`actions\` and \`enabled\` ([webhooks](../how-to/webhooks.md), [shared signals](../how-to/shared-signals.md)). It contains secrets`,
    ),
  WEBHOOK_HOSTS: z
    .string()
    .default('*')
    .describe(
      'Hosts that `WEBHOOKS` may name, comma separated; `*` is every host with a public address. A host with a private address, or without TLS, must be listed by name',
    ),
  WEBHOOK_TIMEOUT_MS: whole(10_000, 100, 30_000).describe('Milliseconds within which an endpoint must answer'),
  WEBHOOK_RESPONSE_BYTES: whole(16_384, 0, 1_048_576).describe(
    'Largest number of bytes of a response that are read before the connection is closed. Of the body, only the error code of a refused Security Event Token is used',
  ),
  WEBHOOK_CONCURRENCY: whole(5, 1, 50).describe(
    'Largest number of events that one courier sends to one endpoint at the same time. Of the events of one user, it sends one at a time',
  ),
  WEBHOOK_TRIES: whole(20, 1, 100).describe('Delivery attempts before a delivery is parked'),
  WEBHOOK_MAX_AGE_S: whole(3 * 86_400, 60, 30 * 86_400).describe(
    'Age in seconds from which a delivery that was not accepted is parked; at most EVENTS_KEPT_S',
  ),
  WEBHOOK_RETRY_S: whole(5, 1, 3600).describe(
    'Seconds before the first retry of a delivery; doubled after each attempt, less up to a half at random',
  ),
  WEBHOOK_RETRY_MAX_S: whole(10_800, 1, 86_400).describe(
    'Largest delay between retries in seconds, and the longest `Retry-After` that is respected',
  ),
  WEBHOOK_BREAK_FAILURES: whole(5, 1, 100).describe(
    'Consecutive failures of an endpoint after which a courier sends it nothing for a time',
  ),
  WEBHOOK_BREAK_S: whole(30, 1, 3600).describe(
    'Seconds for which a courier sends an endpoint nothing after `WEBHOOK_BREAK_FAILURES`; then it tries one delivery, and each failure doubles the time',
  ),
  WEBHOOK_BREAK_MAX_S: whole(600, 1, 86_400).describe(
    'Upper limit of `WEBHOOK_BREAK_S` after it was doubled, in seconds',
  ),
});
export type WebhookConfig = z.output<typeof webhookSettings>;
