import { cloudEventSettings } from '@gatehouse/outbox';
import { commonConfig, MAX_TIME_SHIFT_S, natsConfig, postgresConfig, signingKeysSetting } from '@gatehouse/platform';
import { z } from 'zod';
import { webhookSettings } from './webhooks/webhook.config.js';

const integerSetting = (fallback: number, { min = 1, max = Number.MAX_SAFE_INTEGER } = {}) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Settings that only the courier has. */
export const courierSettings = z.object({
  MAIL_HOST: z.string().default('localhost').describe('SMTP server for mails of stages without their own server'),
  MAIL_PORT: integerSetting(25, { max: 65_535 }).describe('Port of `MAIL_HOST`'),
  MAIL_TLS: z
    .enum(['none', 'starttls', 'implicit'])
    .default('none')
    .describe(
      '`starttls`: STARTTLS is required, without it the mail is not sent; `implicit`: TLS from the first byte on',
    ),
  MAIL_USERNAME: z.string().default('').describe('SMTP username; empty: no authentication'),
  MAIL_PASSWORD: z.string().default('').describe('SMTP password'),
  MAIL_FROM: z.string().default('gatehouse@localhost').describe('Sender address of mails'),
  MAIL_NAME: z.string().optional().meta({
    description: 'Host name in the SMTP greeting',
    'x-default': "the machine's host name",
  }),
  MAIL_TIMEOUT_S: integerSetting(10, { max: 300 }).describe(
    'Seconds without a response until a mail server counts as unavailable',
  ),
  MAIL_DEADLINE_S: integerSetting(60, { max: 600 }).describe(
    'Seconds that sending one mail may take; after twice as many, another courier takes over the mail',
  ),
  MAIL_CONCURRENCY: integerSetting(5, { max: 100 }).describe(
    'Largest number of mails that one courier sends at the same time',
  ),
  MAIL_TRIES: integerSetting(12, { max: 100 }).describe('Delivery attempts before a mail is parked'),
  MAIL_RETRY_S: integerSetting(10, { max: 3600 }).describe(
    'Seconds before the first retry of a mail; doubled after each attempt',
  ),
  MAIL_RETRY_MAX_S: integerSetting(3600, { max: 86_400 }).describe('Largest delay between retries in seconds'),
  MAIL_PER_ADDRESS: integerSetting(100, { max: 10_000 }).describe(
    'Largest number of mails to one address in a period; further mails are parked. The gateway limits the mails that visitors request before that (MAIL_REQUESTS_FREE), and tells them',
  ),
  MAIL_PER_ADDRESS_PERIOD_S: integerSetting(3600, { max: 604_800 }).describe(
    'Length of the period of `MAIL_PER_ADDRESS` in seconds',
  ),
  JWT_SIGNING_KEYS: signingKeysSetting.describe(
    'Keys that sign Security Event Tokens, those of the gateway, which publishes their public keys. Needed if an endpoint of `WEBHOOKS` has `set`',
  ),
  EVENTS_BATCH: integerSetting(100, { max: 1000 }).describe('Largest number of events that are published together'),
  EVENTS_TIMEOUT_MS: integerSetting(5000, { min: 100, max: 60_000 }).describe(
    'Milliseconds within which NATS must accept a batch of events',
  ),
  ...cloudEventSettings.shape,
  EVENTS_STREAM: z.string().optional().meta({
    description: 'JetStream stream that must store an event before it is deleted from the outbox',
    'x-default': 'none: the NATS server must have received it',
  }),
  EVENTS_ORDER_S: integerSetting(3600, { max: MAX_TIME_SHIFT_S }).describe(
    'Age in seconds up to which an event that was sealed with a key that this courier does not have holds back later events of its user. Then the later events are published before it',
  ),
  EVENTS_KEPT_S: integerSetting(90 * 86_400, { min: 60, max: MAX_TIME_SHIFT_S }).describe(
    'Seconds for which published events are kept in the database, for `npm run events -- export` and `npm run flow -- trace`',
  ),
  OUTBOX_POLL_MS: integerSetting(500, { min: 10, max: 60_000 }).describe(
    'Milliseconds between two polls of an empty outbox, and of each webhook endpoint',
  ),
  SEAL_KEY_RETRY_S: integerSetting(60, { max: 3600 }).describe(
    'Seconds until a message that was sealed with a key that this courier does not have is tried again; it is never parked for that reason',
  ),
  OUTBOX_KEEP_S: integerSetting(30 * 86_400, { max: MAX_TIME_SHIFT_S }).describe(
    'Seconds until parked messages and webhook deliveries are deleted',
  ),
  ...webhookSettings.shape,
});

/** All settings of the courier, including those that other processes have too. */
export const courierConfig = z.object({
  ...commonConfig.shape,
  ...natsConfig.shape,
  ...postgresConfig.shape,
  ...courierSettings.shape,
  SEAL_KEYS: z.string().describe('The seal keys of the gateway, which has sealed the outbox'),
});
export type CourierConfig = z.output<typeof courierConfig>;
